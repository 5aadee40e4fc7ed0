"""A small OpenID Connect issuer on this machine: it signs one agent in and makes tokens."""

import json
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from jwt.algorithms import RSAAlgorithm

AUDIENCE = "sodai-test"
CLIENT_ID = "sodai-site"


def new_key() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


class Issuer:
    """Signs tokens, good ones and bad ones."""

    def __init__(self, url: str) -> None:
        self.url, self.key, self.kid = url, new_key(), "key-1"
        self.redirect_uri = ""
        self._asked: dict[str, dict[str, str]] = {}

    @property
    def documents(self) -> dict[str, Any]:
        public = json.loads(RSAAlgorithm.to_jwk(self.key.public_key()))
        return {
            "/.well-known/openid-configuration": {
                "issuer": self.url,
                "jwks_uri": f"{self.url}/keys",
                "authorization_endpoint": f"{self.url}/authorize",
                "token_endpoint": f"{self.url}/token",
                "end_session_endpoint": f"{self.url}/leave",
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

    def signed_in(self, asked: dict[str, str]) -> str:
        """Return where a person is sent who has signed in: back, with a code."""
        assert asked["client_id"] == CLIENT_ID
        assert asked["redirect_uri"] == self.redirect_uri
        assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
        code = uuid4().hex
        self._asked[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def exchanged(self, form: dict[str, str]) -> dict[str, Any]:
        """Return the tokens of a code, which is good once and for its verifier alone."""
        asked = self._asked.pop(form["code"])
        challenge = urlsafe_b64encode(sha256(form["code_verifier"].encode()).digest())
        assert challenge.decode().rstrip("=") == asked["code_challenge"]
        assert form["redirect_uri"] == asked["redirect_uri"]
        return {
            "access_token": self.token(aud=asked["audience"]),
            "id_token": self.token(aud=CLIENT_ID),
            "token_type": "Bearer",
            "expires_in": 600,
        }


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    """Serve an issuer on a free port of this machine."""

    class Documents(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            address = urlsplit(self.path)
            query = dict(parse_qsl(address.query))
            if address.path == "/authorize":
                self.send(issuer.signed_in(query))
            elif address.path == "/leave":
                self.send(query["post_logout_redirect_uri"])
            else:
                self.answer(issuer.documents.get(address.path))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            self.answer(issuer.exchanged(dict(parse_qsl(body))))

        def send(self, location: str) -> None:
            self.send_response(302)
            self.send_header("location", location)
            self.end_headers()

        def answer(self, found: Any) -> None:
            self.send_response(200 if found else 404)
            self.send_header("access-control-allow-origin", "*")
            self.send_header("content-type", "application/json")
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
