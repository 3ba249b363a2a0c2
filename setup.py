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

def find(pattern, file): return re.search(pattern, (root/file).read_text(encoding='utf-8')).group(1)

def readme():
    "README.md with its links and pictures made absolute, as PyPI needs them"
    repo = find('Repository = "(.+)"', 'pyproject.toml')
    text = (root/'README.md').read_text(encoding='utf-8')
    text = re.sub(r'\]\((?!\w+:|#)', f']({repo}/blob/main/', text)
    return re.sub(r'src="(?!\w+:)', f'src="{repo}/raw/main/', text)

about = {k: cfg[k] for k in ('description', 'license', 'author', 'author_email')}
classifiers = ['Development Status :: 3 - Alpha', 'Intended Audience :: Education', 'Programming Language :: Python :: 3 :: Only',
    'Topic :: Scientific/Engineering :: Artificial Intelligence']
entry_points = dict(console_scripts=cfg['console_scripts'].split(), nbdev=[f"{cfg['lib_name']}={cfg['lib_name']}._modidx:d"])
setup(version=find('__version__ = "(.+)"', 'petlab/__init__.py'), keywords=cfg['keywords'].split(), classifiers=classifiers,
    long_description=readme(), long_description_content_type='text/markdown', packages=[cfg['lib_name']], package_data={cfg['lib_name']: ['*.json', '*.js', '*.css', '*.html', 'serve.*']},
    install_requires=cfg['requirements'].split(), extras_require=extras, entry_points=entry_points, **about)
