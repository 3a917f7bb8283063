"""Serves the page of Netron's Python package (9.3 was used) without a model, and prints its port: for bench/graph.ts.

    python3 bench/peer_netron.py
"""

import logging

import netron

# What it says of its own start would come before the port.
logging.basicConfig(level=logging.WARNING)
_, port = netron.serve(None, None, ("127.0.0.1", None))
print(port, flush=True)
netron.wait()
