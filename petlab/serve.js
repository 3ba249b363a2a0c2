// The page of `petlab serve`: asks the server and shows what it answers. Where scripts are blocked, the form asks by itself.

const $ = (q, el = document) => el.querySelector(q), {sample, noun, kind} = document.body.dataset
const READ = /wav|flac|ogg|mpeg|mp3/, CARDS = 60, AT_ONCE = 2, NEAR = 4, SELECT = 12, LONGEST = 60
const store = {get: () => { try { return sessionStorage.getItem('token') } catch { return null } }, set: o => { try { sessionStorage.setItem('token', o) } catch {} }}
const waiting = [], locked = []
let token = store.get(), busy = 0, model = ask('model')

function make(tag, props = {}, ...children) {
  const el = Object.assign(document.createElement(tag), props)
  el.append(...children)
  return el
}
function show(el, text) {
  if (text != null) el.textContent = text
  el.hidden = false
  return el
}
function say(text, loud = false) {
  const el = $('#say')
  el.textContent = text
  el.classList.toggle('loud', loud)
}
const percent = p => p > 0 && p < .01 ? 'under 1%' : p > .99 && p < 1 ? 'over 99%' : `${Math.round(100*p)}%`
const list = o => Array.isArray(o) ? o : o == null ? [] : [o]
const number = o => Number(o).toLocaleString('en', {maximumSignificantDigits: 4})

// --- asking the server: what it answered, or a sentence that says why it didn't
async function ask(path, body, type) {
  const headers = {...(type && {'Content-Type': type}), ...(token && {Authorization: `Bearer ${token}`})}
  let reply, found
  try { reply = await fetch(path, {method: body == null ? 'GET' : 'POST', body, headers, signal: AbortSignal.timeout(60000)}) }
  catch (e) { return {error: e.name == 'TimeoutError' ? 'The server has not answered for a minute.' : 'The server cannot be reached: is it still running?', again: true} }
  try { found = await reply.json() } catch { found = {} }
  if (reply.ok) return found
  if (reply.status == 401) show($('#unlock'))
  const wait = Number(reply.headers.get('Retry-After')), again = [408, 429].includes(reply.status) || reply.status >= 500
  const when = wait ? ` It may be asked again in ${wait} second${wait == 1 ? '' : 's'}.` : ''
  return {error: (found.error || `The server answered ${reply.status} ${reply.statusText}.`) + when, again, locked: reply.status == 401}
}

// --- what is asked about: photos, sounds, or what is typed
function add(item, before = $('#answers').firstChild) {
  const card = $('#card').content.firstElementChild.cloneNode(true), img = $('img', card), audio = $('audio', card)
  $('.file', card).textContent = item.name
  if (item.file && sample != 'file') {
    const media = sample == 'sound' ? audio : img
    card.url = URL.createObjectURL(item.file)
    img.alt = `The photo you sent: ${item.name}`
    audio.setAttribute('aria-label', `The sound you sent: ${item.name}`)
    media.hidden = false
    media.onerror = () => { media.hidden = true }
    media.src = card.url
  }
  $('.again', card).onclick = () => { $('.again', card).hidden = $('.wrong', card).hidden = true; show($('.wait', card)); queue(item, card) }
  $('#answers').insertBefore(card, before)
  for (const o of [...document.querySelectorAll('.card')].slice(CARDS)) { URL.revokeObjectURL(o.url); o.remove() }
  queue(item, card)
}
function queue(item, card) {
  card.ariaBusy = 'true'
  waiting.push([item, card])
  next()
}
async function next() {
  if (busy >= AT_ONCE || !waiting.length) return
  const [item, card] = waiting.shift()
  busy++
  const answer = await ask(sample == 'photo' ? `predict?heat=1&near=${NEAR}` : 'predict', item.file || item.text, item.type)
  busy--
  next()
  $('.wait', card).hidden = true
  card.ariaBusy = 'false'
  if (answer.locked) locked.push([item, card])
  if (answer.error) failed(card, item, answer)
  else fill(card, item, answer)
}
function failed(card, item, {error, again}) {
  show($('.wrong', card), error)
  $('.again', card).hidden = !again
  if (!again) $('img', card).hidden = true  // half a picture, or none
  say(`${item.name}: ${error}`)
}
function take(files) {
  const some = [...files].slice(0, CARDS), before = $('#answers').firstChild
  if (files.length > CARDS) say(`Looking at the first ${CARDS} of ${files.length} ${noun}s: more is for a program.`, true)
  else if (some.length) say(`Looking at ${some.length == 1 ? some[0].name : `${some.length} ${noun}s`}.`)
  for (const o of some) {
    const raw = {name: o.name, file: o, type: /^(image|audio)\//.test(o.type) ? o.type : 'application/octet-stream'}
    if (sample != 'sound' || READ.test(o.type)) add(raw, before)
    else wav(o, o.name).then(file => add({name: o.name, file, type: 'audio/wav'}, before), () => add(raw, before))
  }
}

// --- the answer
const breakable = o => `${o}`.replaceAll('_', '_\u200b')
function named(answer) {
  if (kind == 'number') return list(answer.label).map(number).join(', ')
  return list(answer.label).join(', ') || 'none of its labels'
}
function range(answer, i) {
  const low = list(answer.low)[i], high = list(answer.high)[i]
  return low == null ? '' : `${number(low)} to ${number(high)} with 90%`
}
async function fill(card, item, answer) {
  const strange = answer.known === false, told = named(answer), {vocab = []} = await model
  card.classList.toggle('unknown', strange)
  $('.strange', card).hidden = !strange
  const small = kind == 'class' ? percent(answer.prob) : kind == 'number' && list(answer.label).length == 1 ? range(answer, 0) : ''
  show($('.label', card), told).append(' ', make('small', {textContent: small}))
  const several = kind == 'number' && list(answer.label).length > 1
  const rows = (answer.probs || []).map(o => [o.label, make('meter', {min: 0, max: 1, value: o.prob, ariaLabel: `probability of ${o.label}`}), percent(o.prob)])
  if (several) list(answer.label).forEach((o, i) => rows.push([vocab[i] || `number ${i+1}`, number(o), range(answer, i)]))
  show($('.bars', card)).replaceChildren(...rows.map(([a, b, c]) => make('li', {}, make('span', {textContent: breakable(a)}), b, make('b', {textContent: c}))))
  if (answer.heat) heated(card, answer.heat)
  if (answer.near?.length) neighbours(card, answer.near)
  if (answer.id) feedback(card, item, answer, await model)
  say(`${item.name}: ${strange ? 'looks like none of what I was taught; if I must choose, ' : ''}${told}${small && `, ${small}`}.`)
}

// --- the heat map: evidence upsampled smoothly, as a veil over what did not speak for the answer
function cubic(values, n, at) {
  const i = Math.floor(at), t = at-i, [a, b, c, d] = [-1, 0, 1, 2].map(k => values(Math.min(Math.max(i+k, 0), n-1)))
  return b + t*(c-a + t*(2*a-5*b+4*c-d + t*(3*(b-c)+d-a)))/2
}
function veil(canvas, {rows, cols, values}, side = 112) {
  const pixels = new ImageData(side, side)
  for (let y=0; y<side; y++) {
    const row = (y+.5)*rows/side - .5, across = Array.from({length: cols}, (_, j) => cubic(i => values[i][j], rows, row))
    for (let x=0; x<side; x++) {
      const v = Math.min(Math.max(cubic(j => across[j], cols, (x+.5)*cols/side - .5), 0), 1)
      pixels.data.set([12, 10, 35, 255*.65*(1-v)], 4*(y*side+x))
    }
  }
  canvas.width = canvas.height = side
  canvas.getContext('2d').putImageData(pixels, 0, 0)
}
function heated(card, heat) {
  const canvas = $('canvas', card), button = show($('.show', card)), [l, t, r, b] = heat.box || [0, 0, 1, 1]
  veil(canvas, heat)
  Object.assign(canvas.style, {left: `${100*l}%`, top: `${100*t}%`, width: `${100*(r-l)}%`, height: `${100*(b-t)}%`})
  button.onclick = () => {
    canvas.hidden = $('.legend', card).hidden = !canvas.hidden
    button.ariaPressed = String(!canvas.hidden)
  }
}
async function picture(img, path) {
  if (!token) return img.src = path
  const reply = await fetch(path, {headers: {Authorization: `Bearer ${token}`}})
  if (!reply.ok) return img.remove()
  img.src = URL.createObjectURL(await reply.blob())
  img.onload = () => URL.revokeObjectURL(img.src)
}
async function neighbours(card, near) {
  const {examples} = await model
  show($('.near', card))
  $('.near ul', card).replaceChildren(...near.map(o => {
    const img = make('img', {alt: '', width: 96, height: 96, onerror: () => img.remove()})
    if (examples) picture(img, `example/${encodeURIComponent(o.digest)}`)
    return make('li', {}, ...(examples ? [img] : []), breakable(list(o.label).join(', ')), make('small', {textContent: `similarity ${o.similarity.toFixed(2)}`}))
  }))
}

// --- was it right?
function choices(vocab) {
  if (kind == 'number') return vocab.map(o => make('label', {}, `${o} `, make('input', {name: 'number', type: 'number', step: 'any', required: true})))
  if (kind == 'several') return [make('div', {className: 'many'}, ...vocab.map(o => make('label', {className: 'check'}, make('input', {type: 'checkbox', name: 'label', value: o}), o)))]
  const options = vocab.map(o => make('option', {value: o, textContent: o}))
  if (vocab.length <= SELECT) return [make('select', {name: 'label', ariaLabel: 'What is it?'}, ...options, make('option', {value: '', textContent: 'none of these'}))]
  if (!$('#vocab')) document.body.append(make('datalist', {id: 'vocab'}, ...options))
  const input = make('input', {name: 'label', ariaLabel: 'What is it? Leave it empty if it is none of the classes', placeholder: `one of ${vocab.length}, empty: none of them`, autocomplete: 'off'})
  input.setAttribute('list', 'vocab')
  input.onchange = () => input.setCustomValidity(!input.value || vocab.includes(input.value) ? '' : 'It knows no such class: choose from the list, or leave it empty.')
  return [input]
}
function feedback(card, item, answer, {vocab, photos_can_be_kept}) {
  const tell = show($('.tell', card)), form = $('form', tell), right = show($('.right', card))
  async function send(said) {
    const done = await ask('feedback', JSON.stringify({id: answer.id, keep: false, ...said}), 'application/json')
    if (done.error) return say(show($('.wrong', card), done.error).textContent)
    $('.wrong', card).hidden = true
    right.hidden = true
    tell.replaceWith(make('p', {className: 'soft', textContent: said.keep ? `Thank you: noted, and the ${noun} is kept.` : 'Thank you: noted.'}))
    say('Thank you: noted.')
  }
  if (!vocab) return
  $('fieldset', form).append(...choices(vocab))
  $('.consent', form).hidden = photos_can_be_kept === false
  right.onclick = () => send({right: true, label: answer.label})
  form.onsubmit = e => {
    e.preventDefault()
    const data = new FormData(form), said = kind == 'class' ? data.get('label') || null : data.getAll(kind == 'number' ? 'number' : 'label')
    const label = kind == 'number' ? said.length > 1 ? said.map(Number) : Number(said[0]) : said
    send({right: JSON.stringify(label) == JSON.stringify(answer.label), label, keep: data.has('keep')})
  }
}

// --- sounds: what the browser records becomes WAV, which the server reads
async function wav(blob, name) {
  const sound = await new OfflineAudioContext(1, 1, 44100).decodeAudioData(await blob.arrayBuffer())
  const n = sound.length, out = new DataView(new ArrayBuffer(44+2*n)), rate = sound.sampleRate, all = Array.from({length: sound.numberOfChannels}, (_, i) => sound.getChannelData(i))
  const text = (at, s) => [...s].forEach((c, i) => out.setUint8(at+i, c.charCodeAt(0)))
  text(0, 'RIFF'); out.setUint32(4, 36+2*n, true); text(8, 'WAVEfmt '); out.setUint32(16, 16, true); out.setUint16(20, 1, true); out.setUint16(22, 1, true)
  out.setUint32(24, rate, true); out.setUint32(28, 2*rate, true); out.setUint16(32, 2, true); out.setUint16(34, 16, true); text(36, 'data'); out.setUint32(40, 2*n, true)
  for (let i=0; i<n; i++) out.setInt16(44+2*i, 32767*Math.max(-1, Math.min(1, all.reduce((s, o) => s+o[i], 0)/all.length)), true)
  return new File([out.buffer], name, {type: 'audio/wav'})
}
let recorder = null
async function record() {
  const button = $('#record'), parts = []
  if (recorder) return recorder.stop()
  let stream
  try { stream = await navigator.mediaDevices.getUserMedia({audio: true}) } catch { return say('The browser gave no microphone: allow it for this page, or choose a file.', true) }
  recorder = new MediaRecorder(stream)
  const from = Date.now(), tick = setInterval(() => { button.textContent = `Stop (${Math.floor((Date.now()-from)/1000)} s)`; if (Date.now()-from > 1000*LONGEST) recorder?.stop() }, 500)
  recorder.ondataavailable = e => parts.push(e.data)
  recorder.onstop = async () => {
    clearInterval(tick)
    recorder = null
    stream.getTracks().forEach(o => o.stop())
    button.textContent = 'Record'
    button.ariaPressed = 'false'
    const name = `recorded at ${new Date().toLocaleTimeString()}`
    try { add({name, file: await wav(new Blob(parts), name), type: 'audio/wav'}) } catch { say('What was recorded cannot be read: record for a second or more.', true) }
  }
  recorder.start()
  button.textContent = 'Stop (0 s)'
  button.ariaPressed = 'true'
}

// --- what has come in of late, against what it was trained on
const share = o => o ? `${percent(o.share)} (${percent(o.low)} to ${percent(o.high)})` : ''
async function watched() {
  const {error, requests, again, last_alarms, windows, feedback} = await ask('watch'), late = windows?.['200']
  const rows = [['asked', error || `${requests} times${again ? `, and ${again} more about the same` : ''}`]]
  for (const o of last_alarms || []) rows.push([`alarm at ${o.request}`, o.says])
  if (!error && !last_alarms?.length) rows.push(['alarms', 'none: it looks like what it was trained on'])
  if (late?.strange) rows.push([`strange, of the last ${late.requests}`, `${share(late.strange)}, where ${percent(late.strange.promised)} were to be expected`])
  if (late?.prob) rows.push(['how sure it was', `${percent(late.prob.median)} at the median, ${percent(late.prob.trained)} when it was measured`])
  for (const o of late?.labels.filter(o => o.share).slice(0, 5) || []) rows.push([`said ${o.label}`, `${share(o)}, ${percent(o.trained)} of what it was trained on`])
  if (feedback) rows.push(['wrong, of those told', `${share(feedback)}, ${feedback.wrong} of ${feedback.told}${feedback.promised ? `; ${share(feedback.promised)} was promised` : ''}`])
  $('#watch dl').replaceChildren(...rows.flatMap(([a, b]) => [make('dt', {textContent: a}), make('dd', {textContent: b})]))
}

// --- the page
const form = $('#ask'), holds = e => [...e.dataTransfer.types].includes('Files')
for (const o of document.querySelectorAll('#ask input[type=file]')) o.onchange = () => { take(o.files); o.value = '' }
form.onsubmit = e => {
  e.preventDefault()
  const text = $('#text').value
  if (text.trim()) add({name: text.length > 80 ? `${text.slice(0, 80)} ...` : text, text, type: sample == 'text' ? 'text/plain' : 'application/json'})
}
$('#text').onkeydown = e => { if (e.key == 'Enter' && (e.ctrlKey || e.metaKey)) form.requestSubmit() }
$('#record').onclick = record
show($('#watch')).ontoggle = e => e.target.open && watched()
if (!['text', 'row'].includes(sample)) {
  addEventListener('paste', e => { if (e.clipboardData.files.length) { e.preventDefault(); take(e.clipboardData.files) } })
  addEventListener('dragover', e => { if (holds(e)) { e.preventDefault(); form.classList.add('over') } })
  addEventListener('dragleave', e => { if (!e.relatedTarget) form.classList.remove('over') })
  addEventListener('drop', e => {
    if (!holds(e)) return
    e.preventDefault()
    form.classList.remove('over')
    if ([...e.dataTransfer.items].some(o => o.webkitGetAsEntry?.()?.isDirectory)) say(`A folder cannot be asked about: open it, and drop its ${noun}s.`, true)
    else take(e.dataTransfer.files)
  })
}
$('#unlock').onsubmit = e => {
  e.preventDefault()
  token = $('#token').value
  store.set(token)
  $('#unlock').hidden = true
  model = ask('model')
  locked.splice(0).forEach(([, card]) => $('.again', card).click())
}
$('#record').hidden = sample != 'sound' || !navigator.mediaDevices?.getUserMedia || !window.MediaRecorder
$('#camera').hidden = sample != 'photo' || !matchMedia('(pointer: coarse)').matches
document.documentElement.classList.add('js')
