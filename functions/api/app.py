"""The API: answers from the published forecast, behind API Gateway."""

import gc

from mangum import Mangum
from sodai_api.application import TEXT, create_app
from sodai_api.settings import Settings

app = create_app(Settings())
handler = Mangum(app, lifespan="off", text_mime_types=TEXT)
gc.freeze()  # what was imported stays, so the collector need not walk it within an answer (60 ms)
