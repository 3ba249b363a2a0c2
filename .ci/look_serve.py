"Use the page of `petlab serve` with Chromium, where it is there: choose, drop, paste, keys alone, without scripts, heat, feedback, dark, narrow, a sound that is recorded"
import json, re, shutil, subprocess, sys, tempfile, time
from base64 import b64decode
from contextlib import contextmanager
from pathlib import Path
from urllib.request import Request, urlopen

root = Path(__file__).parent.parent
flags = ('--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--no-first-run', '--remote-debugging-port=0',
    '--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream')
keys = dict(Tab=(9, ''), Enter=(13, '\r'), Space=(32, ' '))

class Page:
    "A page of Chromium, driven by its debugging protocol"
    def __init__(self, ws):
        self.ws,self.n,self.events = ws,0,[]
        for o in ('Page', 'DOM', 'Runtime', 'Log', 'Network', 'Accessibility'): self(f'{o}.enable')
        self.size(1000, 900)
    def __call__(self, method, **params):
        self.n += 1
        self.ws.send(json.dumps(dict(id=self.n, method=method, params=params)))
        while (got := json.loads(self.ws.recv(60))).get('id')!=self.n: self.events.append(got)
        if 'error' in got: raise RuntimeError(f"{method}: {got['error']['message']}")
        return got['result']
    def js(self, code):
        res = self('Runtime.evaluate', expression=code, awaitPromise=True, returnByValue=True, userGesture=True)
        if 'exceptionDetails' in res: raise RuntimeError(f"{code}: {res['exceptionDetails']['exception'].get('description')}")
        return res['result'].get('value')
    def wait(self, code, timeout=20):
        until = time.monotonic()+timeout
        while not (res := self.js(code)) and time.monotonic()<until: time.sleep(.05)
        return res
    def open(self, url):
        self('Page.navigate', url=url)
        self.wait("document.readyState=='complete' && location.href!='about:blank'")
    def size(self, width, height, phone=False): self('Emulation.setDeviceMetricsOverride', width=width, height=height, deviceScaleFactor=1, mobile=phone)
    def key(self, name, shift=False):
        code,text = keys[name]
        args = dict(key=' ' if name=='Space' else name, code=name, windowsVirtualKeyCode=code, modifiers=8*shift)
        self('Input.dispatchKeyEvent', type='keyDown' if text else 'rawKeyDown', text=text, **args)
        self('Input.dispatchKeyEvent', type='keyUp', **args)
    def tab_to(self, selector, most=60):
        for _ in range(most):
            self.key('Tab')
            if self.js(f"document.activeElement.matches({json.dumps(selector)})"): return True
        return False
    def put(self, selector, *files):
        node = self('DOM.querySelector', nodeId=self('DOM.getDocument')['root']['nodeId'], selector=selector)['nodeId']
        self('DOM.setFileInputFiles', nodeId=node, files=[str(o) for o in files])
    def drop(self, *files):
        data = dict(items=[], files=[str(o) for o in files], dragOperationsMask=1)
        for o in ('dragEnter', 'dragOver', 'drop'): self('Input.dispatchDragEvent', type=o, x=300, y=200, data=data)
    def shot(self, file): file.write_bytes(b64decode(self('Page.captureScreenshot', captureBeyondViewport=True)['data']))

@contextmanager
def chromium(browser):
    "A `Page` in a Chromium of its own, with a microphone that beeps"
    from websockets.sync.client import connect
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as tmp:
        process = subprocess.Popen([browser, *flags, f'--user-data-dir={tmp}'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            file = Path(tmp)/'DevToolsActivePort'
            for _ in range(600):
                if file.exists() and (text := file.read_text()): break
                time.sleep(.05)
            with urlopen(Request(f'http://127.0.0.1:{text.split()[0]}/json/new?about:blank', method='PUT')) as o: url = json.load(o)['webSocketDebuggerUrl']
            with connect(url, max_size=None) as ws: yield Page(ws)
        finally:
            process.terminate()
            try: process.wait(20)
            except subprocess.TimeoutExpired: process.kill()

done = "document.querySelectorAll('#answers .card').length>={} && [...document.querySelectorAll('#answers .card')].every(o => o.getAttribute('aria-busy')!='true')"
contrast = '''(() => {
  const rgb = s => s.match(/[\\d.]+/g).map(Number), light = c => c.slice(0, 3).map(v => (v /= 255)<=.04045 ? v/12.92 : ((v+.055)/1.055)**2.4).reduce((s, v, i) => s+v*[.2126, .7152, .0722][i], 0)
  const under = el => { for (; el; el = el.parentElement) { const c = rgb(getComputedStyle(el).backgroundColor); if (c.length<4 || c[3]>0) return c } return [255, 255, 255] }
  const res = []
  for (const el of document.querySelectorAll('body *')) {
    if (!el.checkVisibility() || ![...el.childNodes].some(o => o.nodeType==3 && o.data.trim())) continue
    const [a, b] = [light(rgb(getComputedStyle(el).color)), light(under(el))], ratio = (Math.max(a, b)+.05)/(Math.min(a, b)+.05)
    if (ratio<4.5) res.push(`${el.tagName} ${el.className}: ${el.textContent.trim().slice(0, 30)} ${ratio.toFixed(1)}`)
  }
  return res
})()'''
headings = '''[...document.querySelectorAll('h1, h2, h3, h4')].filter(o => o.checkVisibility()).map(o => +o.tagName[1])'''

class Looked(list):
    "What is wrong with a page, by its name"
    def __init__(self, name): self.name = name
    def check(self, good, text):
        if not good: self.append(f'{self.name}: {text}')
        return good

def clean(page, url, res, expected=()):
    "What the console and the network say"
    for o in page.events:
        p,method = o.get('params', {}),o.get('method')
        if method=='Runtime.exceptionThrown': res.append(f"{res.name}: {p['exceptionDetails']['exception'].get('description')}")
        if method=='Log.entryAdded' and p['entry']['level']=='error' and not any(e in p['entry']['text'] for e in expected): res.append(f"{res.name}: the console says {p['entry']['text']}")
        if method=='Network.requestWillBeSent' and not p['request']['url'].startswith((url, 'blob:', 'data:')): res.append(f"{res.name}: asks elsewhere: {p['request']['url']}")
    page.events.clear()

def named(page, res):
    "What a screen reader has no name for, and headings that skip a level"
    for o in page('Accessibility.getFullAXTree')['nodes']:
        role = o.get('role', {}).get('value')
        if role in ('button', 'textbox', 'combobox', 'checkbox', 'meter', 'image', 'DisclosureTriangle', 'form') and not o.get('ignored'):
            res.check(o.get('name', {}).get('value'), f'a {role} without a name')
    levels = page.js(headings)
    res.check(levels[0]==1 and all(b<=a+1 for a,b in zip(levels, levels[1:])), f'headings {levels} skip a level')
    res.check(page.js("document.querySelectorAll('main').length==1 && document.documentElement.lang"), 'no main part, or no language')

def look_photos(page, url, photos, broken, shots=None):
    "What is wrong with the page of a model of photos"
    res = Looked('photos')
    def shot(name):
        if shots: page.shot(shots/f'{name}.png')
    def answered(n): return page.wait(done.format(n)) and page.js("[...document.querySelectorAll('#answers .card')].every(o => o.querySelector('h3').checkVisibility() && o.querySelectorAll('meter').length>1)")
    page.open(url)
    page.put('#choose input', photos[0])
    res.check(answered(1), 'a chosen photo has no answer')
    total = page.js("[...document.querySelectorAll('.card meter')].reduce((s, o) => s+o.value, 0)")
    res.check(0<total<1.001, f'bars sum to {total}')
    res.check(page.js("document.querySelector('#say').textContent.includes(document.querySelector('.card .label').firstChild.data.trim())"), 'the answer is not told to a screen reader')
    page.js("document.querySelector('.card .show').click()")
    inside = """(() => { const a = document.querySelector('.card canvas'), b = a.parentElement.getBoundingClientRect(), c = a.getBoundingClientRect()
        const alpha = a.getContext('2d').getImageData(0, 0, a.width, a.height).data.filter((_, i) => i%4==3)
        return c.width>0 && c.left>=b.left-1 && c.right<=b.right+1 && c.top>=b.top-1 && c.bottom<=b.bottom+1 && Math.max(...alpha)-Math.min(...alpha)>50 })()"""
    res.check(page.js(inside) and page.js("document.querySelector('.card .show').ariaPressed=='true'"), 'no heat over the photo')
    shot('heat')
    page.js("document.querySelector('.card .show').click()")
    res.check(not page.js("document.querySelector('.card canvas').checkVisibility()"), 'the heat does not go away')
    page.drop(*photos[1:3])
    res.check(answered(3), 'dropped photos have no answer')
    page.js("""(async () => { const c = document.createElement('canvas'), data = new DataTransfer(); c.width = c.height = 200; c.getContext('2d').fillRect(20, 20, 90, 90)
        data.items.add(new File([await new Promise(f => c.toBlob(f))], 'pasted.png', {type: 'image/png'}))
        document.dispatchEvent(new ClipboardEvent('paste', {clipboardData: data, bubbles: true})) })()""")
    res.check(answered(4), 'a pasted photo has no answer')
    named(page, res)
    shot('several')
    clean(page, url, res)
    page.put('#choose input', broken)
    page.wait(done.format(5))
    res.check(page.js("document.querySelector('.card .wrong').checkVisibility() && document.querySelector('.card .wrong').textContent.length>20"), 'a broken photo is not told in words')
    page('Network.emulateNetworkConditions', offline=True, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    page.put('#choose input', photos[0])
    page.wait(done.format(6))
    page('Network.emulateNetworkConditions', offline=False, latency=0, downloadThroughput=-1, uploadThroughput=-1)
    res.check(page.js("document.querySelector('.card .again').checkVisibility()"), 'without the server, nothing offers to try again')
    page.js("document.querySelector('.card .again').click()")
    res.check(page.wait("document.querySelector('.card .label').checkVisibility()"), 'trying again does not help')
    clean(page, url, res, ('422', 'ERR_INTERNET_DISCONNECTED'))
    return res + look_keys(page, url, photos, shot) + look_widths(page, url, photos, shot) + look_plain(page, url, photos, broken, shot)

def look_keys(page, url, photos, shot):
    "What can't be done, or seen, by keys alone"
    res = Looked('keys')
    page.open(url)
    page('Page.setInterceptFileChooserDialog', enabled=True)
    if not res.check(page.tab_to('#choose input'), 'no way to the photos'): return res
    res.check(page.js("getComputedStyle(document.querySelector('#choose')).outlineStyle!='none'"), 'where one is can not be seen')
    shot('focus')
    page.key('Space')
    page.wait('true')
    opened = page.wait('true') and [o for o in page.events if o.get('method')=='Page.fileChooserOpened']
    for _ in range(40):
        if opened: break
        page.js('new Promise(f => setTimeout(f, 50))')
        opened = [o for o in page.events if o.get('method')=='Page.fileChooserOpened']
    page('Page.setInterceptFileChooserDialog', enabled=False)
    if not res.check(opened, 'Space opens no choice of files'): return res
    page('DOM.setFileInputFiles', backendNodeId=opened[0]['params']['backendNodeId'], files=[str(photos[0])])
    page.wait(done.format(1))
    if res.check(page.tab_to('.card .show'), 'no way to the heat'):
        page.key('Space')
        res.check(page.js("document.querySelector('.card canvas').checkVisibility()"), 'Space shows no heat')
    if res.check(page.tab_to('.card .tell summary'), 'no way to say that it is wrong'):
        page.key('Enter')
        res.check(not page.js("document.querySelector('.card [name=keep]').checked"), 'consent is given before it is asked')
        res.check(page.tab_to('.card [name=label]') and page.tab_to('.card [name=keep]'), 'no way to what it is')
        page.key('Space')
        shot('tell')
        page.tab_to('.card .tell button')
        page.key('Enter')
        res.check(page.wait("/^Thank you/.test(document.querySelector('#say').textContent)"), 'what was said is not noted')
    clean(page, url, res)
    return res

def look_widths(page, url, photos, shot):
    "What is too wide at 390 and 320 pixels, or hard to read, by day and by night"
    res = Looked('widths')
    for scheme in ('light', 'dark'):
        page('Emulation.setEmulatedMedia', features=[dict(name='prefers-color-scheme', value=scheme), dict(name='prefers-reduced-motion', value='reduce')])
        page.open(url)
        page.put('#choose input', *photos[:2])
        page.wait(done.format(2))
        page.js("document.querySelectorAll('details').forEach(o => o.open = true)")
        for width in (1000, 390, 320):
            page.size(width, 844, phone=width<1000)
            res.check(page.js(f"document.documentElement.scrollWidth<={width}"), f'scrolls sideways at {width} pixels')
            shot(f'{scheme}{width}')
        res.extend(f'{scheme}: hard to read: {o}' for o in page.js(contrast))
        res.check(page.js("getComputedStyle(document.querySelector('.wait')).animationName=='none'"), 'moves where nothing should')
        page.size(1000, 900)
    page('Emulation.setEmulatedMedia', features=[])
    clean(page, url, res)
    return res

def look_plain(page, url, photos, broken, shot):
    "What does not work where scripts are blocked"
    res = Looked('no scripts')
    page('Emulation.setScriptExecutionDisabled', value=True)
    page.open(url)
    shot('plain')
    for files,n in (((photos[0], broken), 2), ((), 1)):
        page.put('#choose input', *files)
        page.js("document.querySelector('.send').focus()")
        page.key('Enter')
        res.check(page.wait(f"document.querySelectorAll('#answers .card').length=={n}"), f'{len(files)} photos have no answer')
        res.check(page.js("document.querySelector('#answers .wrong')?.textContent.length>20"), 'what is wrong is not told')
        if files: res.check(page.js("document.querySelectorAll('#answers meter').length>1"), 'no bars')
        shot(f'plain{n}')
    page.size(390, 844, phone=True)
    res.check(page.js("document.documentElement.scrollWidth<=390"), 'scrolls sideways at 390 pixels')
    page.size(1000, 900)
    named(page, res)
    page('Emulation.setScriptExecutionDisabled', value=False)
    clean(page, url, res, ('400', '422'))
    return res

def look_sounds(page, url, shots=None):
    "What is wrong with recording a sound"
    res = Looked('sounds')
    page.open(url)
    page.js("document.querySelector('#record').click()")
    res.check(page.wait("/^Stop \\([1-9]/.test(document.querySelector('#record').textContent)"), 'nothing is recorded')
    if shots: page.shot(shots/'recording.png')
    page.js("document.querySelector('#record').click()")
    res.check(page.wait(done.format(1)) and page.js("document.querySelector('.card .label').checkVisibility() && document.querySelector('.card audio').duration>.5"), 'what was recorded has no answer')
    sent = [o['params']['request'] for o in page.events if o.get('method')=='Network.requestWillBeSent' and '/predict' in o['params']['request']['url']]
    res.check(sent and sent[0]['headers'].get('Content-Type')=='audio/wav', 'it was not sent as WAV')
    named(page, res)
    if shots: page.shot(shots/'sound.png')
    clean(page, url, res)
    return res

@contextmanager
def served(model, *args):
    "The address of `petlab serve MODEL`"
    cmd = [sys.executable, '-c', 'from petlab.cli import main; main()', 'serve', str(model), '--port', '0', *map(str, args)]
    with subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try: yield re.search(r'http://\S+', process.stdout.readline())[0].rstrip('/')+'/'
        finally: process.terminate()

def look(shots=None):
    "Messages, empty when all is well, of a served model of photos and one of sounds; None where there is no Chromium"
    from petlab.pets import pets_path
    from petlab.train import train_bank
    browser = shutil.which('chromium') or shutil.which('chromium-browser') or shutil.which('google-chrome')
    if not browser: return
    with tempfile.TemporaryDirectory() as tmp, chromium(browser) as page:
        tmp,drawn = Path(tmp),pets_path('sketch')
        photos,broken = sorted((drawn/'images').glob('*.jpg'))[:3],tmp/'broken.jpg'
        broken.write_bytes(photos[0].read_bytes()[:900])
        train_bank(drawn, label='breed', out=tmp/'photos', remember=5)
        train_bank(pets_path('sketch', 'sound'), kind='sound', out=tmp/'sounds')
        with served(tmp/'photos', '--examples', drawn, '--feedback', tmp/'said') as url: res = look_photos(page, url, photos, broken, shots)
        with served(tmp/'sounds') as url: return res+look_sounds(page, url, shots)

if __name__=='__main__':
    shots = Path(sys.argv[1]) if sys.argv[1:] else None
    if shots: shots.mkdir(parents=True, exist_ok=True)
    bad = look(shots)
    if bad is None: print('not looked at with a browser: there is no Chromium here')
    elif bad: sys.exit('\n'.join(bad))
