"""The tables keep the name that they had when the follower kept them."""

from django.apps import AppConfig


class Projection(AppConfig):
    name = "hadir.office.projection"
    label = "follower"
