"""Operations on video: what happens to a clip between its upload and the finished film. Imports no Django.

`run` (in `operations.runner`) carries out one operation in a process of its own; `OPERATIONS` (in
`operations.registry`) says which there are. Each is one file in `operations/kinds/`.
"""
