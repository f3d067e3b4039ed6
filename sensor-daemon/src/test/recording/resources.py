"""What a tool function does with an API: requests over HTTP/1.1, httpx over HTTP/2, once its input ends. `resources.py BASE`."""
import sys
import warnings

import httpx
import requests

BASE = sys.argv[1]
warnings.simplefilter("ignore")  # the certificate is of no authority
print("loaded", flush=True)
sys.stdin.read()

one = requests.Session()
one.verify = one.trust_env = False
assert len(one.get(BASE + "/customers?since=canary").text) == 3000
assert one.post(BASE + "/documents", json={"to": "prompt.canary@example.org"}).status_code == 201
assert one.put(BASE + "/users/path.canary%40example.org", data="plain").status_code == 201
assert one.get(BASE + "/a/../b/%7Enone").status_code == 404
assert len(one.get(BASE + "/dump").content) == 4 << 20

with httpx.Client(http2=True, http1=False, verify=False, trust_env=False) as two:
    assert len(two.get(BASE + "/customers").text) == 3000
    assert two.post(BASE + "/documents", json={"to": "prompt.canary@example.org"}).http_version == "HTTP/2"
    assert two.delete(BASE + "/documents/5").status_code == 201
