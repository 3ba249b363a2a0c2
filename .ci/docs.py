"Build the site into `_docs/`, warnings as errors, and check that no page has a link that leads nowhere, needs another host to be read, or looks wrong in a browser"
import os, re, shutil, subprocess, sys
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

from fastcore.nbio import read_nb

from look import look

root = Path(__file__).parent.parent
site,proc = root/'_docs',root/'_proc'

class Page(HTMLParser):
    "The anchors of a page, where its links lead, and what it loads"
    def __init__(self, path):
        super().__init__()
        self.ids,self.links,self.loads = {''},set(),set()
        self.feed(path.read_text(encoding='utf-8'))

    def handle_starttag(self, tag, attrs):
        a = dict(attrs)
        self.ids |= {a.get('id'),a.get('name')}
        if tag=='a' and a.get('href'): self.links.add(a['href'])
        if tag=='link' and a.get('rel')!='canonical': self.loads.add(a['href'])
        if a.get('src'): self.loads.add(a['src'])

def broken(
    site:Path, # folder of the built site
): # list of messages, empty when all is well
    "Local links and anchors that do not exist, and scripts, styles and fonts that come from other hosts"
    pages,res = {p.resolve(): Page(p) for p in site.rglob('*.html') if '_static' not in p.parts},[]
    for path,page in pages.items():
        res += [f'{path.name} loads {o}, so it needs another host to be read' for o in page.loads if urlsplit(o).netloc]
        for link in sorted(page.links|page.loads):
            if urlsplit(link).scheme or urlsplit(link).netloc: continue
            file,anchor = urldefrag(link)
            target = path.parent/unquote(file.split('?')[0]) if file else path
            if not target.exists(): res.append(f'{path.name} links to {link}, and there is no such file')
            elif target.resolve() in pages and unquote(anchor) not in pages[target.resolve()].ids: res.append(f'{path.name} links to {link}, and there is no such place on that page')
    for css in site.rglob('*.css'):
        if re.search(r'(url\(|@import)\s*["\']?(https?:)?//', css.read_text(encoding='utf-8')): res.append(f'{css.name} loads a font or style from another host')
    return res

@cache
def headings(path):
    "The anchors that JupyterLab and GitHub give to the headings of a notebook"
    text = '\n'.join(c.source for c in read_nb(path).cells if c.cell_type=='markdown')
    return {re.sub('[`*]', '', o).strip().replace(' ', '-') for o in re.findall(r'^#+ (.+)', text, re.M)}

def lost():
    "Links of README and notebooks, as they are read without the site, to files and headings that do not exist"
    texts = {root/'README.md': (root/'README.md').read_text(encoding='utf-8')}
    for p in [root/'nbs/index.ipynb', *sorted(root.glob('nbs/lesson/*.ipynb')), *sorted(root.glob('nbs/guides/*.ipynb'))]:
        texts[p] = '\n'.join(c.source for c in read_nb(p).cells if c.cell_type=='markdown')
    res = []
    for path,text in texts.items():
        for link in re.findall(r'(?:\]\(|src=")([^)"\s]+)', re.sub(r'^```.*?^```', '', text, flags=re.M|re.S)):
            file,anchor = urldefrag(link)
            target = path.parent/unquote(file) if file else path
            if urlsplit(link).scheme: continue
            if not target.exists(): res.append(f'{path.name} links to {link}, and there is no such file')
            elif anchor and target.suffix=='.ipynb' and unquote(anchor) not in headings(target): res.append(f'{path.name} links to {link}, and there is no such heading')
    return res

def main():
    for o in (site, proc): shutil.rmtree(o, ignore_errors=True)
    (proc/'pages').mkdir(parents=True)
    sphinx = [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going', '-b', 'html', '-c', 'nbs', '-d', '_proc/doctrees', '_proc/pages', '_docs']
    if code := subprocess.run(sphinx, cwd=root, env={**os.environ, 'PYTHONWARNINGS': 'ignore'}).returncode: sys.exit(code)
    bad,seen = broken(site.resolve())+lost(),look(site.resolve())
    if seen is None: print('The site was not looked at with a browser: there is no Chromium here')
    if bad := bad+(seen or []): sys.exit('\n'.join(bad))

if __name__=='__main__': main()
