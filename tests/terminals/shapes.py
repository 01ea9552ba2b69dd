"""Files of our own making in every shape that terminals have been seen to write. Nothing here comes from a real one."""

CRLF = b"\r\n"


def attlog(rows: list[str], end: bytes = b"\n") -> bytes:
    return b"".join(row.encode() + end for row in rows)


#: Padded PINs, six columns, LF.
PLAIN = attlog([
    "       12\t2026-11-23 07:21:05\t1\t0\t1\t0",
    "        7\t2026-11-23 07:29:59\t1\t0\t1\t0",
    "       12\t2026-11-23 16:04:40\t1\t1\t1\t0",
])  # fmt: skip
#: Five columns, no padding: a maker's cloud.
CLOUD = attlog(["40117\t2026-11-23 07:21:05\t1\t0\t0", "0052\t2026-11-23 07:22:00\t1\t4\t0"])
#: CRLF, and 255 for "no key": what most terminals in offices say.
NO_KEY = attlog(["    5\t2026-11-23 07:21:05\t1\t255\t1\t0", "    5\t2026-11-23 16:10:00\t1\t255\t1\t0"], CRLF)
#: A block of NULs in the middle, half a line behind it, a blank at the end without a newline.
NUL_BLOCK = (
    attlog(["    5\t2026-11-23 07:21:05\t1\t0\t1\t0"], CRLF)
    + b"\0" * 4_000
    + b":40\t1\t0\t1\t0\r\n"
    + attlog(["    6\t2026-11-23 07:22:05\t1\t0\t1\t0"], CRLF)
    + b" "
)
#: The block glued to a line that is whole, and a tail of NULs up to the size that was reserved.
NUL_GLUED = b"\0" * 300_000 + PLAIN + b"\0" * 512
#: Names in the second column.
NAMES = attlog(["9\tSITI NUR\t2026-11-23 07:36:49\t1\t0", "12\tA. RAHMAN\t2026-11-23 07:59:18\t1\t1"])
#: A running number in front.
RUNNING = attlog(["1\t40\t2026-11-23 07:36:49\t1\t0", "2\t41\t2026-11-23 07:59:18\t1\t1"])
#: Two cells before the time, and nothing that tells which is the PIN.
TWO_NUMBERS = attlog(["31\t40\t2026-11-23 07:36:49\t1\t0", "17\t41\t2026-11-23 07:59:18\t1\t1"])
#: One of each thing that can be wrong, between two good lines.
FAULTY = attlog([
    "    1\t2026-11-23 07:00:00\t1\t0\t1\t0",
    "    2,2026-11-23 07:01:00,1,0",
    "    3\t2026-02-30 07:02:00\t1\t0\t1\t0",
    "    4\t1970-01-01 00:03:11\t1\t0\t1\t0",
    "     \t2026-11-23 07:04:00\t1\t0\t1\t0",
    "    5 '; --\t2026-11-23 07:05:00\t1\t0\t1\t0",
    "    6\tBUDI\t2026-11-23 07:06:00\t1\t0",
    "    7\t2026-11-23 07:07:00\t1\t0\t" + "9" * 2_000,
    "    8\t2026-11-23 25:07:00\t1\t0\t1\t0",
    "    9\t2026-11-23T07:09:00\t1\tx\t1\t0",
])  # fmt: skip

#: What a terminal pushes, saved as a file: no device's number, the key stands behind the time.
PUSHED = attlog([
    "12\t2026-11-23 07:10:05\t0\t1\t0\t0\t0",
    "7\t2026-11-23 07:29:59\t0\t15\t0\t0\t0",
    "12\t2026-11-23 16:04:40\t1\t1\t0\t0\t0",
])  # fmt: skip
#: The same from firmware that sends fewer cells, and from one that ends each line with a tab.
PUSHED_SHORT = attlog(["12\t2026-11-23 07:10:05\t0\t1\t0\t0", "12\t2026-11-23 16:04:40\t1\t1\t0\t0"])
PUSHED_TAB = attlog(["12\t2026-11-23 07:10:05\t0\t1\t\t0\t0\t", "12\t2026-11-23 16:04:40\t1\t1\t\t0\t0\t"], CRLF)
#: Everybody left on a break, or every line comes from device 2: nothing in the file tells which.
KEYS_OPEN = attlog(["12\t2026-11-23 12:01:05\t2\t1\t0\t0", "7\t2026-11-23 12:02:59\t2\t1\t0\t0"])
#: A file from a stick in which two lines ran together: it is still one from a stick.
GLUED = PLAIN + b"    9\t2026-11-23 16:05:00\t1\t1\t1\t0    9\t2026-11-23 16:06:00\t1\t1\t1\t0\n"

GLOG_HEAD = "No\tTMNo\tEnNo\tName\t\tGMNo\tMode\tIN/OUT\tAntipass\tDateTime"
#: A header with a nameless column that no row has; the month first, twelve hours.
GLOG_US = attlog(
    [
        GLOG_HEAD,
        "1\t1\t302\t          \t1\t3\t \t0\t11-23-2026  07:19:29AM",
        "2\t1\t302\t          \t1\t1\t \t0\t11-23-2026  12:05:00PM",
        "3\t1\t370\t          \t1\t1\t \t0\t11-24-2026  12:00:01AM",
    ],
    CRLF,
)
#: Two names in one cell of the header.
GLOG_MERGED = attlog(["No\tTMNo\tEnNo\tName GMNo\tMode\tDateTime", "1\t1\t6\t 1\t0\t2026/11/23 07:14:47"], CRLF)
#: The first byte of the file is lost; EnNo 0 is a finger that was not recognised.
GLOG_CUT = attlog([
    "o\tTMNo\tEnNo\tName\tINOUT\tMode\tDateTime",
    "1\t1\t0\t \t2\t0\t2026/11/23 07:30:38",
    "2\t1\t000000031\t \t0\t0\t2026/11/23 07:30:44",
])  # fmt: skip
GLOG_UTF16 = b"\xff\xfe" + GLOG_US.decode().encode("utf-16-le")
GLOG_UTF16_BE = b"\xfe\xff" + GLOG_US.decode().encode("utf-16-be")
GLOG_UTF8_BOM = b"\xef\xbb\xbf" + GLOG_US
#: Every day and month under 13.
DATES_OPEN = attlog([GLOG_HEAD, "1\t1\t302\t \t1\t3\t \t0\t03-04-2026  07:19:29AM"])
DAY_FIRST = attlog(["5\t23/11/2026 07:21:05\t1\t0\t1\t0", "5\t03/12/2026 07:21:05\t1\t0\t1\t0"])
BINARY = b"ZoucqGENLOGData\0\0\x01\x02"
#: Figures that are no figures, cells that are not there, and blanks without end: what no maker writes, and people send.
ODD = (
    "²\t5\t2026-11-23 07:21:05\t1\t0".encode(),
    b"No\tEnNo\tName\tDateTime\n2026-11-23 07:21:05\n",
    b"\t\t\t\t\t\t\t\tEnNo\n5\t2026-11-23 07:21:05\n",
    "٣\t٤\t2026-11-23 07:21:05\t1\t0\n٤\t٤\t2026-11-23 07:21:05\t1\t0".encode(),
)
#: A name in a column that a terminal fills in by itself.
GLOG_NAMED = attlog([GLOG_HEAD, "1\t1\t302\tSITI NURHALIZA\t1\t3\t \t0\t11-23-2026  07:19:29AM"], CRLF)
