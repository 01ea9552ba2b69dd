"""The table of readers, in the order in which they are asked: a new vendor is a module beside these and a row here."""

from hadir.terminals.glog import GLOG
from hadir.terminals.reading import VendorReader
from hadir.terminals.zkteco import ATTLOG, PUSH

READERS: tuple[VendorReader, ...] = (GLOG, ATTLOG, PUSH)
BY_FORM = {reader.form: reader for reader in READERS}
