"Build the site into `_docs/`, warnings as errors, and check that no page has a link that leads nowhere or needs another host to be read"
import os, re, shutil, subprocess, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

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
    pages,res = {p: Page(p) for p in site.glob('*.html')},[]
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

def main():
    for o in (site, proc): shutil.rmtree(o, ignore_errors=True)
    (proc/'pages').mkdir(parents=True)
    sphinx = [sys.executable, '-m', 'sphinx', '-q', '-W', '--keep-going', '-b', 'html', '-c', 'nbs', '-d', '_proc/doctrees', '_proc/pages', '_docs']
    if code := subprocess.run(sphinx, cwd=root, env={**os.environ, 'PYTHONWARNINGS': 'ignore'}).returncode: sys.exit(code)
    bad = broken(site.resolve())
    if bad: sys.exit('\n'.join(bad))

if __name__=='__main__': main()
