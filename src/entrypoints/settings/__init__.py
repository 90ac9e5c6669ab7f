"""The settings: read from the environment, checked, and grouped."""

from entrypoints.settings.addresses import public_origin
from entrypoints.settings.environment import read_environment
from entrypoints.settings.invalid_settings import InvalidSettings
from entrypoints.settings.setting_values import (
    CronSettings,
    EncryptionKey,
    Hs256Key,
    JwksUrl,
    JwtSettings,
    PublicKey,
    Scope,
    Service,
    Settings,
    SpendSettings,
    TikTokSettings,
    WabSettings,
    WebhookSettings,
)
from entrypoints.settings.variables_and_defaults import faults_of, load_database_url, load_settings

__all__ = [
    "CronSettings",
    "EncryptionKey",
    "Hs256Key",
    "InvalidSettings",
    "JwksUrl",
    "JwtSettings",
    "PublicKey",
    "Scope",
    "Service",
    "Settings",
    "SpendSettings",
    "TikTokSettings",
    "WabSettings",
    "WebhookSettings",
    "faults_of",
    "load_database_url",
    "load_settings",
    "public_origin",
    "read_environment",
]
