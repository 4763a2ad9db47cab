"""Certificates for tests, made by the openssl command in a folder of the test's own."""

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path


def openssl(*arguments: str, told: str = "") -> str:
    done = subprocess.run(
        ["openssl", *arguments], input=told, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def signing_request(
    folder: Path, common_name: str, organization: str = "Acme", key: str = "ec"
) -> str:
    """A CSR in PEM; its key lies beside it as `<common_name>.key`."""
    kind = (
        ["rsa:" + key[4:]]
        if key.startswith("rsa:")
        else ["ec", "-pkeyopt", f"ec_paramgen_curve:{CURVES[key]}"]
    )
    return openssl(
        "req", "-new", "-newkey", *kind, "-nodes", "-keyout", str(folder / f"{common_name}.key"),
        "-subj", f"/O={organization}/CN={common_name}",
        "-addext", "basicConstraints=critical,CA:TRUE",
        "-addext", "subjectAltName=DNS:somebody.else",
    )  # fmt: skip


TLS12_SUITE = "ECDHE-ECDSA-AES128-GCM-SHA256"
CURVES = {"ec": "P-256", "p384": "P-384", "k1": "secp256k1"}


@dataclass(frozen=True)
class Root:
    """A root of trust with its key."""

    folder: Path
    name: str

    @property
    def certificate(self) -> Path:
        return self.folder / f"{self.name}.pem"

    @property
    def key(self) -> Path:
        return self.folder / f"{self.name}.key"

    def sign(self, csr: str, extensions: str) -> str:
        """The certificate in PEM."""
        file = self.folder / "extensions.cnf"
        file.write_text(extensions)
        return openssl(
            "x509", "-req", "-CA", str(self.certificate), "-CAkey", str(self.key), "-days", "2",
            "-CAcreateserial", "-extfile", str(file), told=csr,
        )  # fmt: skip

    def server(self, name: str = "server", key: str = "ec") -> tuple[Path, Path]:
        """A server certificate for 127.0.0.1, and its key."""
        csr = signing_request(self.folder, name, key=key)
        made = self.folder / f"{name}.pem"
        made.write_text(self.sign(csr, "subjectAltName=IP:127.0.0.1,DNS:localhost"))
        return made, self.folder / f"{name}.key"

    def client(self, common_name: str, organization: str = "Acme") -> tuple[Path, Path]:
        """A station's certificate, and its key."""
        csr = signing_request(self.folder, common_name, organization)
        made = self.folder / f"{common_name}.pem"
        made.write_text(self.sign(csr, "extendedKeyUsage=clientAuth"))
        return made, self.folder / f"{common_name}.key"


def root(folder: Path, name: str = "root") -> Root:
    """A new root."""
    made = Root(folder, name)
    openssl(
        "req", "-x509", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "2", "-subj", f"/O=Acme/CN={name}", "-keyout", str(made.key),
        "-out", str(made.certificate),
    )  # fmt: skip
    return made


def client_context(
    trusted: Path, shown: tuple[Path, Path] | None = None, ciphers: str | None = None
) -> ssl.SSLContext:
    """How a station comes."""
    context = ssl.create_default_context(cafile=str(trusted))
    if shown is not None:
        context.load_cert_chain(*shown)
    if ciphers is not None:
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(ciphers)
    return context
