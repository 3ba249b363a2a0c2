"""`serve_bench.py MODEL PHOTOS`: a saved model served by petlab, LitServe, BentoML, gradio (all by petlab's `Predictor`) and FastAPI with
fastai's `learn.predict`: requests a second, p50, p99, memory, start; the server on one core, the client on another, one after the other, three rounds.
Needs gradio, litserve, bentoml and fastapi besides petlab[serve]; `--rounds 1 --seconds 5` is quicker. `--waiting 4 8` instead: petlab alone
with room for so many inside, at 70 % load and at 300 %."""
import argparse, asyncio, json, os, random, signal, socket, subprocess, sys, tempfile, time, httpx, numpy as np, psutil
from pathlib import Path
from statistics import median

petlab_code = "import sys; from petlab.cli import main; sys.exit(main(['serve', sys.argv[1], '--port', sys.argv[2], '--threads', '1']))"
waiting_code = """import sys; from petlab.serve import Limits, serve_folder
serve_folder(sys.argv[1], port=int(sys.argv[2]), threads=1, limits=Limits(waiting=%d), log=lambda o: None)"""
fastapi_code = """import io, sys, threading, uvicorn
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from petlab.data import PILPhoto
from petlab.save import load_model
learn,lock,app = load_model(sys.argv[1]),threading.Lock(),FastAPI()
def answer(data):
    with lock, learn.no_bar(): label,_,probs = learn.predict(PILPhoto.create(io.BytesIO(data)))
    return dict(label=label, prob=float(probs.max()))
@app.post('/predict')
async def predict(request:Request): return await run_in_threadpool(answer, await request.body())
uvicorn.run(app, port=int(sys.argv[2]), log_level='warning')"""
litserve_code = """import sys, litserve as ls
from fastapi import UploadFile
from petlab.predict import Predictor
class API(ls.LitAPI):
    def setup(self, device): self.model = Predictor(sys.argv[1], threads=1)
    def decode_request(self, request:UploadFile): return request.file.read()
    def predict(self, data): return self.model(data)
    def encode_response(self, p): return p.asdict()
if __name__=='__main__':
    ls.LitServer(API(api_path='/predict'), accelerator='cpu', workers_per_device=1).run(port=int(sys.argv[2]), log_level='warning', generate_client_file=False)"""
bentoml_code = """import bentoml, os, pathlib
from petlab.predict import Predictor
@bentoml.service(workers=1, threads=2, traffic=dict(concurrency=64), metrics=dict(enabled=False), logging=dict(access=dict(enabled=False)))
class Pets:
    def __init__(self): self.model = Predictor(os.environ['MODEL'], threads=1)
    @bentoml.api
    def predict(self, photo:pathlib.Path) -> dict: return self.model(photo).asdict()"""
gradio_code = """import sys, gradio as gr
from petlab.predict import Predictor
model = Predictor(sys.argv[1], threads=1)
def predict(fn): return {model(fn).label: 1.}
page = gr.Interface(predict, gr.Image(type='filepath'), gr.Label(), api_name='predict')
page.queue(default_concurrency_limit=2).launch(server_port=int(sys.argv[2]), quiet=True, ssr_mode=False)"""

by_torch = "import sys; sys.modules['openvino'] = None\n"

async def raw(client, url, data): return await client.post(f'{url}/predict', content=data, headers={'Content-Type': 'image/jpeg'})

def form(field):
    async def send(client, url, data): return await client.post(f'{url}/predict', files={field: ('photo.jpg', data, 'image/jpeg')})
    return send

async def by_gradio(client, url, data):
    "What `gradio_client` does: upload, call, and wait for the event"
    path = (await client.post(f'{url}/gradio_api/upload', files=dict(files=('photo.jpg', data, 'image/jpeg')))).json()[0]
    photo = dict(path=path, meta=dict(_type='gradio.FileData'))
    event = (await client.post(f'{url}/gradio_api/call/predict', json=dict(data=[photo]))).json()['event_id']
    res = await client.get(f'{url}/gradio_api/call/predict/{event}')
    if 'event: complete' not in res.text: res.status_code = 500
    return res

contenders = dict(petlab=(petlab_code, raw), LitServe=(litserve_code, form('request')), BentoML=(bentoml_code, form('photo')),
    gradio=(gradio_code, by_gradio), FastAPI=(fastapi_code, raw))

def free_port():
    with socket.create_server(('127.0.0.1', 0)) as s: return s.getsockname()[1]

class Server:
    "A contender in a process of its own, on one core"
    def __init__(self, code, send, model, first, core):
        self.send,self.url,self.tmp = send,f'http://127.0.0.1:{(port := free_port())}',tempfile.TemporaryDirectory()
        (script := Path(self.tmp.name)/'served.py').write_text(code)
        words = [sys.executable, script, model, str(port)]
        if 'bentoml' in code: words = [sys.executable, '-m', 'bentoml', 'serve', 'served:Pets', '--port', str(port), '--working-dir', self.tmp.name]
        more = dict(MODEL=str(model), OMP_NUM_THREADS='1', BENTOML_DO_NOT_TRACK='True', GRADIO_ANALYTICS_ENABLED='False', BENTOML_HOME=self.tmp.name)
        start = time.perf_counter()
        with open(Path(self.tmp.name)/'said', 'w') as said:
            self.process = subprocess.Popen(['taskset', '-c', str(core), *map(str, words)], env=os.environ|more, stdout=said, stderr=said,
                cwd=self.tmp.name, start_new_session=True)
        try: asyncio.run(self._until_it_answers(first))
        except BaseException:
            self.stop()
            raise
        self.start = time.perf_counter()-start
    async def _until_it_answers(self, photo):
        async with httpx.AsyncClient(timeout=30) as client:
            for _ in range(3000):
                try:
                    res = await self.send(client, self.url, photo)
                    if res.status_code==200: return
                    if res.status_code<500: sys.exit(f'{res.status_code}: {res.text[:500]}')
                except (httpx.HTTPError, KeyError, ValueError): pass
                if self.process.poll() is not None: break
                await asyncio.sleep(.02)
        sys.exit((Path(self.tmp.name)/'said').read_text()[-3000:])
    def memory(self):
        "Megabytes of the process and its children, what they share counted once"
        own = psutil.Process(self.process.pid)
        return sum(o.memory_full_info().pss for o in [own, *own.children(recursive=True)])/1e6
    def stop(self):
        os.killpg(self.process.pid, signal.SIGTERM)
        try: self.process.wait(20)
        except subprocess.TimeoutExpired: os.killpg(self.process.pid, signal.SIGKILL)
        self.tmp.cleanup()

async def closed(server, photos, seconds, clients=4):
    "Latencies of clients that each ask again as soon as they have an answer, and answers a second"
    took,stop = [],time.perf_counter()+seconds
    async def ask(client, rng):
        while time.perf_counter()<stop:
            start = time.perf_counter()
            res = await server.send(client, server.url, rng.choice(photos))
            if res.status_code!=200: raise RuntimeError(f'{res.status_code}: {res.text[:300]}')
            took.append(time.perf_counter()-start)
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=clients)) as client:
        start = time.perf_counter()
        await asyncio.gather(*(ask(client, random.Random(i)) for i in range(clients)))
        return took,len(took)/(time.perf_counter()-start)

async def opened(server, photos, rate, seconds):
    "Latencies by status of requests that come by chance, `rate` a second, whether or not others are answered"
    took,rng,tasks = {},random.Random(0),[]
    async def ask(client):
        start = time.perf_counter()
        res = await server.send(client, server.url, rng.choice(photos))
        took.setdefault(res.status_code, []).append(time.perf_counter()-start)
    async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=200, max_keepalive_connections=200)) as client:
        at = time.perf_counter()
        stop = at+seconds
        while at<stop:
            at += rng.expovariate(rate)
            await asyncio.sleep(max(0, at-time.perf_counter()))
            tasks.append(asyncio.create_task(ask(client)))
        await asyncio.gather(*tasks)
    return took

in_process = """import sys, time, os
from pathlib import Path
from petlab.engine import in_order
from petlab.predict import Predictor
photos,seconds,model = [o.read_bytes() for o in map(Path, sys.argv[3:])],float(sys.argv[2]),Predictor(sys.argv[1], threads=1)
def many(stop):
    while time.perf_counter()<stop: yield from photos
for _ in in_order(model.look, photos[:4], 2): pass
start = time.perf_counter()
n = sum(1 for _ in in_order(model.look, many(start+seconds), 2))
print(n/(time.perf_counter()-start))"""

def ms(took, q): return 1000*float(np.quantile(took, q))

def loaded(server, photos, rate, seconds):
    "What becomes of requests at 70 % and at 300 % of the load that it can bear"
    calm,much = (asyncio.run(opened(server, photos, o*rate, seconds)) for o in (.7, 3))
    row = dict(calm50=ms(calm[200], .5), calm99=ms(calm[200], .99), calm_no=len(calm.get(503, []))/sum(map(len, calm.values())))
    return dict(row, much50=ms(much[200], .5), much_most=ms(much[200], 1), much_rate=len(much[200])/seconds, no=len(much.get(503, [])),
        no50=ms(much.get(503, [0]), .5), no99=ms(much.get(503, [0]), .99), other=len({*calm,*much}-{200,503}))

def told(p):
    return (f"at 70 % load: p50 {p['calm50']:.0f} ms, p99 {p['calm99']:.0f} ms, {p['calm_no']:.1%} refused; at 300 %: {p['much_rate']:.1f}/s answered, "
        f"p50 {p['much50']:.0f} ms, {p['much_most']:.0f} ms at most, {p['no']:.0f} refused, p50 {p['no50']:.1f} ms, p99 {p['no99']:.1f} ms")

def room(model, data, rounds, seconds, waiting, core):
    "`loaded` for each of the places `waiting`, by turns"
    rows = {o: [] for o in waiting}
    for _ in range(rounds):
        for k in waiting:
            server = Server(waiting_code % k, raw, model, data[0], core)
            try:
                asyncio.run(closed(server, data, 1))
                rows[k].append(loaded(server, data, asyncio.run(closed(server, data, seconds/4))[1], seconds))
            finally: server.stop()
    for k,v in rows.items(): print(f'{k:2} inside', told({c: median(o[c] for o in v) for c in v[0]}), flush=True)

def main(model, photos, rounds, seconds, only, torch, waiting):
    model,files = Path(model).resolve(),sorted(map(str, Path(photos).resolve().rglob('*.jpg')))[::7][:50]
    data,cores = [Path(o).read_bytes() for o in files],sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[1:])
    if waiting: return room(model, data, rounds, seconds, waiting, cores[0])
    rows,base,names = {},[],only or [*contenders]
    for _ in range(rounds):
        words = ['taskset', '-c', str(cores[0]), sys.executable, '-c', in_process, str(model), str(seconds), *files]
        base.append(float(subprocess.run(words, capture_output=True, text=True, check=True, env=os.environ|dict(OMP_NUM_THREADS='1')).stdout))
        for name in names:
            code,send = contenders[name]
            server = Server(by_torch*(torch and name!='petlab')+code, send, model, data[0], cores[0])
            try:
                asyncio.run(closed(server, data, 1))
                took,rate = asyncio.run(closed(server, data, seconds))
                row = dict(rate=rate, p50=ms(took, .5), p99=ms(took, .99), memory=server.memory(), start=server.start)
                if name=='petlab': row.update(loaded(server, data, rate, seconds))
                rows.setdefault(name, []).append(row)
            finally: server.stop()
    res = {k: {c: median(o[c] for o in v) for c in v[0]} for k,v in rows.items()}
    print(f'in process: {median(base):.1f} photos a second, decoded and looked at')
    for k,o in res.items():
        times = f"  petlab does {res['petlab']['rate']/o['rate']:.2f} x" if 'petlab' in res else ''
        print(f"{k:9} {o['rate']:6.1f}/s  {o['rate']/median(base):4.0%} of it  p50 {o['p50']:5.0f} ms  p99 {o['p99']:5.0f} ms"
            f"  {o['memory']:5.0f} MB  first answer after {o['start']:4.1f} s{times}")
    if p := res.get('petlab'): print('petlab', told(p))
    print(json.dumps(dict(in_process=median(base), **res)))

if __name__=='__main__':
    ap = argparse.ArgumentParser(description=__doc__)
    for o in 'model','photos': ap.add_argument(o)
    for k,v in dict(rounds=3, seconds=10.).items(): ap.add_argument(f'--{k}', type=type(v), default=v)
    ap.add_argument('--only', nargs='*')
    ap.add_argument('--waiting', nargs='*', type=int)
    ap.add_argument('--torch', action='store_true', help='the others run the same network by torch, as without petlab[fast]')
    main(**vars(ap.parse_args()))
