"""The process that makes the pictures and the sound of one channel, and publishes them as HLS.

It knows no database: the stream host tells it by its standard input what to show, and it answers by its
standard output how it does (`protocol`). It ends with its parent.
"""
