"""Texts and pictures as vectors of length one, so that what is alike lies close together.

Texts through MiniLM, pictures through the features from which the tagger takes its labels. The two
do not share a space: a text is compared with texts, a picture with pictures.
"""
