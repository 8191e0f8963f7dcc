"""Settings: every value with the reason for it, the environment's variables in one place each."""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from operations.weights import FOLDER_VARIABLE
from panic import environment
from panic.languages import discover_languages

BASE_DIR = Path(__file__).resolve().parent.parent
environment.read_file(BASE_DIR / ".env")

DATA_DIR = environment.data_dir(BASE_DIR)
environment.read_file(DATA_DIR / ".env")
STREAM_MUSIC_DIR = DATA_DIR / "music"  # what streams play where their owner chose music
RUN_DIR = DATA_DIR / "run"  # sockets, locks, signs of life: worthless after a reboot
WEIGHTS_DIR = DATA_DIR / "weights"
os.environ.update({FOLDER_VARIABLE: str(WEIGHTS_DIR)})  # for operations, which know no settings

DEBUG = environment.boolean("DEBUG", default=False)
TESTING = "pytest" in sys.modules
SECRET_KEY = environment.secret("SECRET_KEY", keep_in=DATA_DIR / "secret_key")
# What people's keys to platforms are sealed with: not SECRET_KEY, which signs what travels and is
# changed for other reasons. Without the variable a file is made when the first key is stored.
CREDENTIAL_KEYS = environment.encryption_keys("CREDENTIAL_KEYS")
CREDENTIAL_KEY_FILE = DATA_DIR / "credential_keys"
PORT = environment.integer("PANIC_PORT", 8000, least=1, most=65535)
PUBLIC_URL = environment.origin("PUBLIC_URL")
# The proxies whose word for the client's address and scheme is taken (lib/proxies.py)
TRUSTED_PROXIES = environment.networks("TRUSTED_PROXIES")
QUEUE_WORKERS = environment.integer("PANIC_WORKERS", 2, least=1, most=64)
MAX_CONCURRENT_CALLS = environment.integer("PANIC_CONCURRENT_CALLS", 200, least=1, most=5000)

# A laptop or a gallery's own network is reached by whatever name or address it has there; behind a
# public address the host is pinned to it.
ALLOWED_HOSTS = environment.hosts("ALLOWED_HOSTS") or (
    [urlsplit(PUBLIC_URL).hostname or "", "localhost", "127.0.0.1"] if PUBLIC_URL else ["*"]
)
CSRF_FAILURE_VIEW = "panic.views.csrf_failure"
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []

INSTALLED_APPS = [
    "panic",
    "backups",
    "farm",
    "streams",
    "displays",
    "films",
    "archive",
    "studio",
    "observatory",
    "invocations",  # before django_q: its `qcluster` is the one that runs
    "notifications",
    "networks",
    "credentials",
    "platforms",
    "assets",
    "realtime",
    "accounts",
    "axes",
    "django_q",
    "channels",
    "django_htmx",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "panic.views.MarkAsOurs",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "lib.languages.LanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.RenewSession",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "networks.middleware.FollowOldSlugs",
    "axes.middleware.AxesMiddleware",  # the last one, as it asks for
]

# Where the files of the API's documentation page are. Its framework is no installed app: each process
# would load it, which only the web process needs (5 MB).
API_FRAMEWORK = Path(getattr(find_spec("ninja"), "origin", "")).parent
ROOT_URLCONF = "panic.urls"
ASGI_APPLICATION = "panic.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates", API_FRAMEWORK / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# --- Data -------------------------------------------------------------------------------------

DATABASES = {"default": environment.database("DATABASE_URL", DATA_DIR / "panic.sqlite3")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = environment.redis("REDIS_URL")
# What wakes other processes: Unix datagrams on SQLite and NOTIFY on Postgres, unless Redis is asked
WAKEUP = environment.wakeup("WAKEUP", REDIS_URL)
EVENTS_KEPT_DAYS = environment.integer("EVENTS_KEPT_DAYS", 30, least=1, most=3650)
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
            "OPTIONS": {"socket_timeout": 2.0, "socket_connect_timeout": 2.0},
        }
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

S3_BUCKET = environment.text("S3_BUCKET")
S3_ENDPOINT_URL = environment.url("S3_ENDPOINT_URL")
S3_OPTIONS = {  # of whichever bucket
    "endpoint_url": S3_ENDPOINT_URL or None,
    "region_name": environment.text("S3_REGION") or None,
    "access_key": environment.text("S3_ACCESS_KEY_ID") or None,
    "secret_key": environment.text("S3_SECRET_ACCESS_KEY") or None,
    "querystring_auth": False,
}
MEDIA_ROOT = DATA_DIR / "media"
# Clips that people send (films/uploads.py), in millions of bytes: one, all of a person, and what they leave
# free of the disk
UPLOAD_MAX_MB = environment.integer("UPLOAD_MAX_MB", 2_000, least=1, most=1_000_000)
UPLOADS_MAX_MB_PER_PERSON = environment.integer(
    "UPLOADS_MAX_MB_PER_PERSON", 10_000, least=1, most=10_000_000
)
DISK_FLOOR_MB = environment.integer("DISK_FLOOR_MB", 2_000, least=0, most=10_000_000)
# Below it no run starts and no step begins on this machine (lib/disk_space.py)
RUNS_DISK_FLOOR_MB = environment.integer("RUNS_DISK_FLOOR_MB", 500, least=0, most=10_000_000)
STORAGES = {
    "default": (
        {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {"bucket_name": S3_BUCKET, **S3_OPTIONS},
        }
        if S3_BUCKET
        else {"BACKEND": "django.core.files.storage.FileSystemStorage"}
    ),
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG or TESTING
            else "panic.storage.HashedStaticFiles"
        )
    },
}

# --- Backups ----------------------------------------------------------------------------------

# Files of the operator's own that no page names: where backups lie, and what they are encrypted with
BACKUP_DIR = environment.folder("BACKUP_DIR", DATA_DIR / "backups")
BACKUP_EVERY_HOURS = environment.integer("BACKUP_EVERY_HOURS", 24, least=0, most=24 * 31)
BACKUPS_KEPT = environment.kept_backups("BACKUPS_KEPT", (7, 4, 6))
BACKUP_MEDIA = environment.boolean("BACKUP_MEDIA", default=True)
BACKUP_PASSPHRASE = environment.text("BACKUP_PASSPHRASE")

# --- Queue ------------------------------------------------------------------------------------

# Tasks claim a row, hand the call to the worker's event loop and return in milliseconds, so the
# timeouts are short; attempts, retries and results live in our own rows (docs/lifecycle.md).
Q_CLUSTER = {
    "name": "panic",
    "orm": "default",
    "broker_class": "invocations.engine.dispatcher.RowBroker",
    "workers": QUEUE_WORKERS,
    "queue_limit": 2 * QUEUE_WORKERS,
    "bulk": 16,
    "timeout": 15,
    "retry": 60,
    "max_attempts": 3,
    "ack_failures": True,
    "save_limit": -1,  # the default reads 250 rows under a lock for every task that ends
    "recycle": 1_000_000,  # a recycled worker would drop the calls its loop is holding
    "guard_cycle": 0.5,  # must be a fraction that reaches 0 exactly, or timeouts never fire
    "scheduler": False,  # due times live in the rows
    "catch_up": False,
    "log_level": "WARNING",
}

# --- People -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:sign_in"
LOGIN_REDIRECT_URL = "networks:list"
LOGOUT_REDIRECT_URL = "home"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
# Who types a wrong password ten times has to wait; others with the same address do not, nor does the
# same person from elsewhere or on a device of theirs, where each try waits a little longer instead.
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
SIGN_IN_REST_MINUTES = 15
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = timedelta(minutes=SIGN_IN_REST_MINUTES)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "accounts.views.passwords.locked_out"
AXES_USERNAME_CALLABLE = "accounts.members.sign_in_address"
AXES_CLIENT_IP_CALLABLE = "lib.proxies.counted_address"
AXES_WHITELIST_CALLABLE = "accounts.known_devices.is_known"
AXES_RESET_ON_SUCCESS = True
AXES_DISABLE_ACCESS_LOG = True  # who signed in when is on the user; a log of it would only grow
PASSWORD_RESET_TIMEOUT = 60 * 60 * 24 * 7  # seconds that a link to set a password is good for
EMAIL_URL = environment.text("EMAIL_URL")
vars().update(environment.mail("EMAIL_URL"))
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = environment.text("MAIL_FROM", "panic@localhost")
if TESTING:  # hundreds of people are made, none of them has a secret
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30  # from the last visit (accounts/middleware.py)
SESSION_COOKIE_SAMESITE = "Lax"
# Of one token, person or address; far above what walls that poll and scripts in a hurry ask for
API_CALLS_PER_MINUTE = environment.integer(
    "API_CALLS_PER_MINUTE", 12_000, least=0, most=1_000_000_000
)
# Of one visitor's browser; ten times that of one address, behind which a whole house may be
VISITOR_PRESSES_PER_MINUTE = environment.integer(
    "VISITOR_PRESSES_PER_MINUTE", 20, least=0, most=1_000_000
)

# --- Web --------------------------------------------------------------------------------------

USE_TZ = True
TIME_ZONE = "UTC"
# The language of a page is the browser's, or the one that somebody chose; each language but English
# is a file in this folder (docs/translations.md).
LANGUAGE_CODE = "en"
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = discover_languages(LOCALE_PATHS[0])
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 60 * 60 * 24 * 365
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_HTTPONLY = True
STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
WHITENOISE_KEEP_ONLY_HASHED_FILES = (
    True  # nobody asks for the others; compressing them costs seconds
)
STATICFILES_DIRS = [BASE_DIR / "static", ("fonts", DATA_DIR / "fonts"), API_FRAMEWORK / "static"]
for _folder in (STATIC_ROOT, DATA_DIR / "fonts"):  # what serves them warns where one is missing
    _folder.mkdir(exist_ok=True)
DATA_UPLOAD_MAX_MEMORY_SIZE = (
    1_000_000  # a prompt has at most 2,000 characters; nothing is uploaded
)
X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "style-src": ["'self'"],
        "script-src": ["'self'"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    },
}
if PUBLIC_URL.startswith("https://"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 60 * 60 * 24 * 30
# The proxy that ends TLS redirects to it; subdomains and preload lists are for their owner to decide.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

# --- Platforms --------------------------------------------------------------------------------

PLATFORM_KEYS = {
    name: environment.text(name)
    for name in (
        "REPLICATE_API_TOKEN",
        "OPENAI_API_KEY",
        "ANTHROPIC_API_KEY",
        "GEMINI_API_KEY",
        "COMPATIBLE_API_KEY",
    )
}
PLATFORM_URLS = {
    name: environment.url(name)
    for name in (
        "REPLICATE_BASE_URL",
        "OPENAI_BASE_URL",
        "ANTHROPIC_BASE_URL",
        "GEMINI_BASE_URL",
        "COMFYUI_BASE_URL",
        "VESTABOARD_BASE_URL",
    )
}
COMPATIBLE_SERVERS = environment.servers("COMPATIBLE_BASE_URL")
# Shown every picture and film between decoding and publishing (assets/screening.py)
PICTURE_CHECK = environment.text("PICTURE_CHECK")
PICTURE_CHECK_FAILING = environment.choice("PICTURE_CHECK_FAILING", "allow", ("allow", "refuse"))
PICTURE_CHECK_LIMIT = environment.integer("PICTURE_CHECK_LIMIT", 50, least=1, most=100)  # percent
PLATFORM_LIMITS = environment.limits("PLATFORM_LIMITS")

# --- Films ------------------------------------------------------------------------------------

# Processes that make films; all but one of them rest while a ring lives (films/worker.py)
FILM_PROCESSES = environment.integer("FILM_PROCESSES", 2, least=1, most=64)
FILMS_PER_PERSON = environment.integer("FILMS_PER_PERSON", 5, least=1, most=1_000)  # under way
# Room for the intermediate files of one film: a minute of 1080p is some gigabytes
FILM_GIGABYTES = environment.integer("FILM_GIGABYTES", 50, least=1, most=100_000)
# Learned weights are used by themselves where a film takes no longer with them (films/methods.py); 0: never
FILM_LEARNED_MINUTES = environment.integer("FILM_LEARNED_MINUTES", 15, least=0, most=100_000)
# How long they stay after a film has ended, and how long films stay that nobody keeps (0: for ever)
FILM_FRAMES_DAYS = environment.integer("FILM_FRAMES_DAYS", 2, least=0, most=3_650)
FILMS_KEPT_DAYS = environment.integer("FILMS_KEPT_DAYS", 0, least=0, most=36_500)

# After how many days runs go that nobody keeps (0: never; panic/run_retention.py); and how old runs and films
# must be to go earlier where the disk is nearly full (0: none does; panic/disk_room.py)
RUNS_KEPT_DAYS = environment.integer("RUNS_KEPT_DAYS", 0, least=0, most=36_500)
FULL_DISK_REMOVES_AFTER_DAYS = environment.integer(
    "FULL_DISK_REMOVES_AFTER_DAYS", 0, least=0, most=36_500
)

# --- Being told -------------------------------------------------------------------------------

# Without a word of a screen for so long, it is gone (displays/absence.py)
SCREEN_GONE_MINUTES = environment.integer("SCREEN_GONE_MINUTES", 5, least=1, most=1440)
# All that the process that sends notifications has of the environment (notifications/sender.py)
CERTIFICATE_FILES = environment.inherited("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR")
SEND_ENVIRONMENT = {**environment.inherited("PATH", "LANG", "LC_ALL"), **CERTIFICATE_FILES}
SENTRY_DSN = environment.dsn("SENTRY_DSN")
METRICS_TOKEN = environment.text("METRICS_TOKEN")  # without one, /metrics is for this machine alone
LOG_LEVEL = environment.choice("LOG_LEVEL", "INFO", ("DEBUG", "INFO", "WARNING", "ERROR"))
LOG_FORMAT = environment.choice("LOG_FORMAT", "text", ("text", "json"))
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "class": "lib.redaction.RedactingFormatter",
            "format": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        },
        "json": {"class": "lib.json_log.JsonLogFormatter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "json" if LOG_FORMAT == "json" else "line",
        }
    },
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
    "loggers": {
        "django-q": {"level": "WARNING"},
        "axes": {"level": "WARNING"},
        "daphne": {"level": "WARNING"},
        "httpx": {"level": "WARNING"},
        "httpx2": {"level": "WARNING"},
        "websockets": {"level": "WARNING"},
        "google_genai": {"level": "WARNING"},
        "django.channels.server": {"level": "WARNING"},
    },
}
