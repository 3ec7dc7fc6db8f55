"""Keys as openssl makes them."""
import subprocess

ENCRYPTED = ["-aes256", "-pass", "pass:x"]


def openssl(*args, code=0):
    done = subprocess.run(["openssl", *map(str, args)], check=False,
                          capture_output=True, text=True)
    if (done.returncode == 0) != (code == 0):
        raise AssertionError(done.stdout + done.stderr)
    return done.stdout


def make_key(path, *options, algorithm="ed25519"):
    """A key pair; the public key is PATH.pub."""
    openssl("genpkey", "-algorithm", algorithm, *options, "-out", path)
    path.chmod(0o600)
    public = path.parent / (path.name + ".pub")
    unlock = ["-passin", "pass:x"] if options == tuple(ENCRYPTED) else []
    openssl("pkey", "-in", path, *unlock, "-pubout", "-out", public)
    return public
