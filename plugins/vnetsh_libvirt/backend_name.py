"""The backend's name, in a module that loads nothing: `backend` is loaded at each start."""

NAME = "libvirt"
