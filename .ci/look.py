"Look at the built site with Chromium, where it is there: no page that scrolls sideways, no table wider than its column, no picture without words, no error in the console, none too long; search leads to the lesson"
import json, re, shutil, subprocess, sys, tempfile
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from urllib.parse import quote

root = Path(__file__).parent.parent
terms = 'loss function', 'metric', 'test set', 'validation set', 'overfitting', 'regression', 'epoch', 'fine-tuning', 'error rate', 'architecture'
widths,longest = (1200,390),12_000
flags = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--enable-logging=stderr')

script = '''<!doctype html><body><script>
const wait = ms => new Promise(f => setTimeout(f, ms))
async function open_(url, width) {
  const o = document.createElement("iframe")
  Object.assign(o, {src: url, width, height: 800, style: "border: 0"})
  document.body.append(o)
  await new Promise(f => o.onload = f)
  await wait(50)
  return o
}
async function look(page, width) {
  const frame = await open_(page, width), d = frame.contentDocument, root = d.documentElement, res = []
  const wide = root.scrollWidth - root.clientWidth
  if (wide > 1) {
    const out = [...d.querySelectorAll("article *")].filter(o => o.getBoundingClientRect().right > width+1).pop()
    res.push(`scrolls sideways by ${wide} pixels at a width of ${width}${out ? ", because of " + out.outerHTML.slice(0, 120) : ""}`)
  }
  for (const o of d.querySelectorAll("article img")) if (/^_images/.test(o.alt) || !(o.alt || "").trim() && !o.closest("figure")?.querySelector("figcaption")) res.push(`has a picture without words: ${o.getAttribute("src").slice(-60)}`)
  if (width > 1000) for (const o of d.querySelectorAll("article table")) if (o.scrollWidth > o.parentElement.clientWidth+1) res.push(`has a table that is wider than its column: ${o.textContent.replace(/\\s+/g, " ").slice(0, 60)}`)
  const high = root.scrollHeight
  if (width > 1000 && high > LONGEST) res.push(`is ${high} pixels long, LONGEST at most`)
  frame.remove()
  return res.map(o => `${page} ${o}`)
}
async function find(term) {
  const frame = await open_("search.html?q=" + encodeURIComponent(term), 1200), d = frame.contentDocument
  let a = null
  for (let i=0; i<100 && !(a = d.querySelector("#search-results li a")); i++) await wait(50)
  const page = a ? a.getAttribute("href") : "nothing"
  frame.remove()
  return page.startsWith("lesson/") ? [] : [`searching ${term} leads to ${page}, not to the lesson`]
}
(async () => {
  const res = []
  for (const p of PAGES) for (const w of WIDTHS) res.push(...await look(p, w))
  for (const t of TERMS) res.push(...await find(t))
  await fetch("/done", {method: "POST", body: JSON.stringify([...new Set(res)])})
})()
</script>'''

class Handler(SimpleHTTPRequestHandler):
    "Files of the site, the page that looks at the others, and what it found"
    def __init__(self, *args, page, found, **kw):
        self.page,self.found = page,found
        super().__init__(*args, **kw)
    def log_message(self, *args): pass
    def do_GET(self):
        if self.path!='/look': return super().do_GET()
        self.send_response(200)
        self.send_header('Content-Type', 'text/html; charset=utf-8')
        self.end_headers()
        self.wfile.write(self.page.encode())
    def do_POST(self):
        self.found.put(json.loads(self.rfile.read(int(self.headers['Content-Length']))))
        self.send_response(204)
        self.end_headers()

def look(
    site:Path, # folder of the built site
    timeout=300, # seconds
): # list of messages, empty when all is well; None where there is no Chromium
    "What a reader would see that is wrong"
    browser = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if not browser: return
    pages = [quote(p.relative_to(site).as_posix()) for p in sorted(site.rglob('*.html')) if '_static' not in p.parts and p.name!='search.html']
    searched = terms if (site/'lesson').exists() else ()
    page,found = script.replace('LONGEST', str(longest)),Queue()
    for k,v in dict(PAGES=pages, WIDTHS=widths, TERMS=searched).items(): page = page.replace(k, json.dumps(v))
    server = ThreadingHTTPServer(('127.0.0.1', 0), partial(Handler, directory=str(site), page=page, found=found))
    server.handle_error = lambda *args: None # a page that was left before all of it had come
    Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as tmp, open(Path(tmp)/'log', 'w+', errors='replace') as log:
        cmd = [browser, *flags, f'--user-data-dir={tmp}/profile', '--window-size=1300,900', '--remote-debugging-port=0', f'http://127.0.0.1:{server.server_port}/look']
        process = subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=log)
        try: res = found.get(timeout=timeout)
        except Empty: res = [f'Chromium did not look at all pages in {timeout} s']
        finally:
            process.terminate()
            try: process.wait(20)
            except subprocess.TimeoutExpired: process.kill()
            server.shutdown()
            server.server_close()
        log.seek(0)
        console = {m[1] for m in re.finditer(r'CONSOLE[^"]*(".*(?:[Ee]rror|Failed|Refused).*"), source', log.read())}
    return res + [f'the console says {o}' for o in sorted(console)]

if __name__=='__main__':
    bad = look((root/'_docs').resolve())
    if bad is None: print('not looked at with a browser: there is no Chromium here')
    elif bad: sys.exit('\n'.join(bad))
