"""A small OpenID Connect issuer on this machine: its discovery document, its keys, its tokens."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "sodai-test"


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Signs tokens, good ones and bad ones."""

    def __init__(self, url: str) -> None:
        self.url, self.key, self.kid = url, new_key(), "key-1"

    @property
    def documents(self) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
            },
            "/keys": {"keys": [{**public, "kid": self.kid, "alg": "RS256", "use": "sig"}]},
        }

    def claims(self, **changed: Any) -> dict[str, Any]:
        now = int(time.time())
        usual = {"iss": self.url, "aud": AUDIENCE, "sub": "agent-7", "iat": now, "exp": now + 600}
        return {name: value for name, value in {**usual, **changed}.items() if value is not None}

    def token(self, key: Any = None, algorithm: str = "RS256", **changed: Any) -> str:
        head = {"kid": changed.pop("kid", self.kid)}
        return jwt.encode(self.claims(**changed), key or self.key, algorithm, head)


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Serve an issuer on a free port of this machine."""

    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = issuer.documents.get(self.path)
            self.send_response(200 if found else 404)
            self.end_headers()
            self.wfile.write(json.dumps(found).encode())

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Documents) as server:
        issuer = Issuer(f"http://127.0.0.1:{server.server_address[1]}")
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield issuer
        finally:
            server.shutdown()
            thread.join()
