"""Writes a zip file again, compressed as far as zlib can: recompress.py FROM TO

Node's zlib is Chromium's, which is quick and leaves a VSIX 2 % larger.
"""

import sys
import zipfile

source, target = sys.argv[1:]
with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
    for info in old.infolist():
        # Keeps the name, the time and who may run it.
        new.writestr(info, old.read(info), zipfile.ZIP_DEFLATED, 9)
