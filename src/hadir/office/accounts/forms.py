from __future__ import annotations

from django import forms

LOGIN_LENGTH_MAX = 60
PASSWORD_LENGTH_MAX = 200


class LoginForm(forms.Form):
    login = forms.CharField(max_length=LOGIN_LENGTH_MAX)
    password = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)


class PasswordForm(forms.Form):
    """Three times a password; what is wrong with them is the action's to say."""

    old = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)
    new = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)
    again = forms.CharField(max_length=PASSWORD_LENGTH_MAX, strip=False)
