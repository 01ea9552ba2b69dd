from __future__ import annotations

from django import forms

LOGIN_LENGTH_MAX = 60
PASSWORD_LENGTH_MAX = 200


class LoginForm(forms.Form):
    login = forms.CharField(max_length=LOGIN_LENGTH_MAX)
    password = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)
