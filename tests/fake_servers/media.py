"""Small real media, and broken ones, for fake providers; no library of the product's."""

from __future__ import annotations

import base64
import hashlib
import io
import math
import struct
import wave
import zlib
from array import array


def png(seed: str, width: int = 64, height: int = 36) -> bytes:
    """One plain colour that the seed decides."""
    colour = hashlib.sha256(seed.encode()).digest()[:3]
    rows = (b"\0" + colour * width) * height
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(kind + data))
    return struct.pack(">I", len(data)) + kind + data + checksum


def wav(seed: str, rate: int = 8_000) -> bytes:
    """Half a second of one tone that the seed decides."""
    hertz = 200 + hashlib.sha256(seed.encode()).digest()[0] * 2
    turn = 2 * math.pi * hertz / rate
    samples = array("h", (int(9_000 * math.sin(turn * n)) for n in range(rate // 2)))
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())
    return buffer.getvalue()


CLIP = (
    "c-nnbPiqu06wkI)id4{A#6u4etMt%rXV&df3j?jCxEG-p3xYUglT2sWWHOs%x80sRcxb<Xi1Y*W8+a;s=*5dyt$6Vw"
    "deMU*3c~s_ZRvEi&2IAk|6cOm+eHZB$ab^DD2dPjaujxjbf_=0s*eyFjx^_B(~=Pjbos(iuebPd`Rm^2gZiuIQ}6M?"
    "&2Qf~Dzz$}##CvJ{n{+B^)jet9;__ipRVG?)g`boPQkFGvaaBf#TC!HGhOj2&O5d?o1d9kUtceG62_GvX<6yD8HZbr"
    "trXy+GMlK>%wtL#ga#hgJPLfwcta@K47_>xV3HEiHQY&9@_;1-n|1>@4`-$e?r?^h1%BBB7dWs?HaH6%mWv2AN!NJb"
    "*D#H>k|cysA6w0ZNDO$)ZOk!hfuSu4C*y=|s+0#6f6Di9M2rnH(@Zi5Is#~Ap^75IU67461Q;+1rJ5uLAw1C;kx+i3"
    "@Nla06f}{<x@#n<<ysJM0)0cYHR*;_$&BO|g4$S3k`y4oQ4{AAX(G9UTIb1HY%}1RybI=_GJDL1GD(99Hk7BFwjER+"
    "?n<J$iCv*-Ky`#=1M1)^2|`eX;^CId9(d&%u$hC&DcJ~WcY!gMXF(Mw859*-2Q{xkgIa-yp2A>_@U3U_w<po?(3^Kp"
    "K)$s25?|ikSwa5xkKcb_(tb*%I$#j86Ek#b4SvaY3AyjdDxLP~mlx2vYrsu6JiH0~W82Jg4*rYga-W~)zj-n2(OjJ1"
    "%o?EMTo`*2afF-4mi8n}u8Wea|LqI;ez>0t(=ikJ*y4UUMbB0DORAHU3GRGKF?1*bW~?J~(Bd^G*r9ElLE8(@7-?&P"
    "5Bbuhu?+$IuCay{d|tS}i!(~$9zKfdK<j6E^sno^9-L)BT`JvseX;imU0VbC;nuIM1=kXHlm_>=cS~p}eml71rfCdj"
    "^Qf3tSB`Ov%?o{;b>OfIXbkRO)Vn<nI@+fjDA+dp2IUdZD~DKA72-VDL7Q3EyjjU}>eh{7qoBE(WSJ;FdN_e;_zQf`"
    "GJg"
)


def mp4() -> bytes:
    """One second of two greys, always the same: H.264, 32 by 18."""
    return zlib.decompress(base64.b85decode(CLIP))
