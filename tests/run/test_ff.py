import time, httpx, os
from pathlib import Path
import pytest
from tests.run.abruf import Abruf
from tests.run.test_memory import order_of_250_lines, held_kb
def backends(folder):
    out={}
    for each in Path("/proc").glob("[0-9]*"):
        try:
            status=(each/"status").read_text()
            if status.startswith("Name:\tpostgres") and (each/"cwd").resolve().is_relative_to(folder):
                out[each.name]=int((each/"stat").read_text().rsplit(")",1)[1].split()[7])
        except OSError: pass
    return out
def test_ff(used):
    abruf=Abruf(used); 
    try:
        abruf.wait_until_ready()
        oid=order_of_250_lines(abruf)
        h={"Authorization": f"Bearer {abruf.tokens['staff']}"}
        q="query ($id: ID!) { order(id: $id) { lines { id lineNo externalReference unitPrice { amount currency } product { id sku name } } } }"
        c=httpx.Client()
        for it in range(12):
            r=c.post(f"{abruf.origin}/graphql",json={"query":q,"variables":{"id":oid}},headers=h)
        a=backends(used)
        for it in range(20):
            r=c.post(f"{abruf.origin}/graphql",json={"query":q,"variables":{"id":oid}},headers=h)
        b=backends(used)
        print("FF", len(r.content), sum(b[k]-a.get(k,0) for k in b)/20, r.text[:100])
        assert abruf.stop()==130
    finally: abruf.kill()
