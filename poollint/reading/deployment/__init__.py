"""What is deployed: manifests, images, commands, and the topology they make.

Formats have rooms of their own (`compose`, `kubernetes`, `helm`, `terraform`, `ansible`, and the
short ones in `formats`). `images` and `programs` say what runs in a container, `servers` and
`pools` what it serves or opens, `ecosystems` what other languages state. `linking` joins them all.
"""
