"Everything pip needs to know, read from settings.ini; the version is the one in petlab/__init__.py."
from configparser import ConfigParser
from pathlib import Path
import re

from setuptools import setup

root = Path(__file__).parent
ini = ConfigParser(delimiters='=')
ini.read(root/'settings.ini', encoding='utf-8')
cfg = ini['DEFAULT']
extras = {k.removesuffix('_requirements'): cfg[k].split() for k in cfg if k.endswith('_requirements')}

setup(
    version=re.search(r'__version__ = "(.+)"', (root/'petlab/__init__.py').read_text()).group(1),
    description=cfg['description'], keywords=cfg['keywords'].split(), license=cfg['license'],
    author=cfg['author'], author_email=cfg['author_email'],
    long_description=(root/'README.md').read_text(encoding='utf-8'), long_description_content_type='text/markdown',
    packages=[cfg['lib_name']], install_requires=cfg['requirements'].split(), extras_require=extras,
    entry_points=dict(console_scripts=cfg['console_scripts'].split(), nbdev=[f"{cfg['lib_name']}={cfg['lib_name']}._modidx:d"]),
    classifiers=['Development Status :: 3 - Alpha', 'Intended Audience :: Education', 'Programming Language :: Python :: 3 :: Only',
                 'Topic :: Scientific/Engineering :: Artificial Intelligence'])
