"""What ``template.yaml`` sets for the API."""

from pydantic import Field
from pydantic_settings import BaseSettings


class Settings(BaseSettings, frozen=True):
    """A bad value stops the function at its start and names its field."""

    artifacts_bucket: str = Field(min_length=3)
    sodai_models_path: str = Field(default="models/", pattern=r"^[\w.-]+(/[\w.-]+)*/$")
    allowed_origins: str = ""  # comma-separated; empty where site and API share one front door

    @property
    def origins(self) -> list[str]:
        """Origins of other hosts that may call the API from a browser."""
        return [origin.strip() for origin in self.allowed_origins.split(",") if origin.strip()]
