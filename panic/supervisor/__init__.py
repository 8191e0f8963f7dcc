"""The process behind `manage.py up`: keeps the web server, the queue and the model host alive.

It replaces the Django process that checked everything, so it imports nothing outside the standard
library and this package, and stays at a few megabytes for months.
"""
