"""Which files of variables a program loads, as its Python files say."""

from __future__ import annotations

import pytest

from poollint.model.source import SourceFile
from poollint.reading.naming.files.python_files import PythonFiles
from poollint.reading.naming.values.environment_files import Loaded, loaded

PATH = "shop/web/db.py"
FOLDERS = ("", "shop", "shop/config", "other")


def _loaded(text: str, *folders: str) -> set[Loaded]:
    files = PythonFiles([PATH], lambda path: SourceFile(path, text))
    return set(loaded(files, PATH, folders or FOLDERS))


NEAREST = {Loaded("shop", "shop")}
EVERY = {Loaded("shop", "shop"), Loaded("", "")}
WITHIN = {Loaded("shop/config", "shop")}


@pytest.mark.parametrize(
    "text",
    [
        "from dotenv import load_dotenv\nload_dotenv()\n",
        "import dotenv\ndotenv.load_dotenv(override=True)\n",
        "from dotenv import load_dotenv, find_dotenv\nload_dotenv(find_dotenv())\n",
        "from dotenv import dotenv_values\nsettings = dotenv_values()\n",
        "from decouple import config\nURL = config('URL')\n",
        "from environs import Env\nenv = Env()\nenv.read_env()\n",
        "import environ\nenviron.Env.read_env()\n",
    ],
)
def test_without_a_path_the_nearest_folder_above_counts(text: str) -> None:
    assert _loaded(text) == NEAREST
    assert _loaded(text, "other") == set()


@pytest.mark.parametrize(
    "text",
    [
        "from dotenv import load_dotenv\nload_dotenv('.env')\n",
        "from dotenv import load_dotenv\nload_dotenv(dotenv_path='.env.production')\n",
        "from dotenv import load_dotenv\nload_dotenv(f'.env.{stage}')\n",
        "from dotenv import load_dotenv\nload_dotenv(os.getenv('FILE', '.env'))\n",
        "from dotenv import load_dotenv\npath = BASE / '.env'\nload_dotenv(path)\n",
        "import environ\nenviron.Env.read_env(os.path.join(BASE, '.env'))\n",
        "from starlette.config import Config\nconfig = Config('.env')\n",
        "from decouple import Config, RepositoryEnv\nc = Config(RepositoryEnv('.env'))\n",
        "from pydantic_settings import SettingsConfigDict\nSettingsConfigDict(env_file='.env')\n",
        "import pydantic\nclass S:\n    class Config:\n        env_file = '.env'\n",
        "import pydantic\nclass S:\n    model_config = {'env_file': ('.env', '/run/x/.env')}\n",
        "import uvicorn\nuvicorn.run('shop:app', env_file='.env')\n",
        "settings = Settings(_env_file='.env' if local else None)\n",
    ],
)
def test_a_path_counts_from_any_folder_above(text: str) -> None:
    assert _loaded(text) == EVERY


@pytest.mark.parametrize(
    "path",
    ["'config/.env'", "BASE / 'config' / '.env'", "os.path.join(HERE, '..', 'config', 'web.env')"],
)
def test_folders_within_a_path_count(path: str) -> None:
    assert _loaded(f"from dotenv import load_dotenv\nload_dotenv({path})\n") == WITHIN


@pytest.mark.parametrize(
    "text",
    [
        "load_dotenv()\n",  # of whom is not told
        "from dotenv import load_dotenv\n",
        "from dotenv import load_dotenv\nload_dotenv(path)\n",
        "from dotenv import load_dotenv\nload_dotenv('/etc/shop/.env')\n",
        "from dotenv import load_dotenv\nload_dotenv('settings.toml')\n",
        "from pydantic_settings import SettingsConfigDict\nc = SettingsConfigDict(env_file=None)\n",
        "import pydantic\nenv_file = '.env'\n",
        "client.containers.run('shop', env_file='.env')\n",
        "from decouple import Csv\n",
        "load_dotenv(\n",
    ],
)
def test_nothing_is_loaded_that_is_not_told(text: str) -> None:
    assert _loaded(text) == set()
