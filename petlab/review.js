// The review grid: one module for JupyterLab, Colab, VS Code (as an anywidget) and for the page of `petlab review`.
// A host gives `model`: get, send, on('msg:custom'), off. What is said is shown as done when the journal has answered.

const GAP = 8, TILE = 168, CAPTION = 62, WAIT = 20000
const HELP = [['arrows, Home, End, PgUp, PgDn', 'go'], ['k', 'keep: the label is right'], ['r', 'relabel: then letters or the number of a class, Enter'],
  ['1 to 9', 'relabel, with the number begun'], ['a', 'accept the suggested label'], ['d, Delete', 'delete'], ['s', 'skip: not sure'],
  ['c', 'caption'], ['u, Ctrl+Z', 'undo what was said last, in whichever window'], ['Shift+arrows', 'select a range'],
  ['Space', 'select or not'], ['Ctrl+arrows', 'go, and keep the selection'], ['Ctrl+A', 'select all on screen'],
  ['e', 'select every photo of this view'], ['Esc', 'close, select nothing, leave the grid'], ['Enter, z', 'zoom'], ['n', 'neighbours of the same class, or not'],
  ['f', 'which photos are shown'], ['o', 'the next one to do'], ['?', 'this help']]
const WORD = {keep: 'kept', relabel: 'relabelled', delete: 'to delete', skip: 'skipped', gone: 'moved away'}
let instances = 0

function make(tag, props = {}, ...children) {
  const el = document.createElement(tag)
  for (const [k, v] of Object.entries(props)) {
    if (k == 'class') el.className = v
    else if (k.startsWith('on')) el.addEventListener(k.slice(2), v)
    else if (v === true) el.setAttribute(k, '')
    else if (v !== false && v != null) el.setAttribute(k, v)
  }
  el.append(...children)
  return el
}

function render({model, el}) {
  const uid = `plr${++instances}-${Math.random().toString(36).slice(2, 7)}`
  const me = Math.random().toString(36).slice(2) + Date.now().toString(36)
  const over = new AbortController(), waiting = new Map()
  const S = {n: 0, order: [], view: [], states: {}, pending: new Map(), failed: new Set(), told: new Map(), selected: new Set(), fixed: new Set(), cursor: 0, anchor: 0,
    reached: 0, filter: 'all', cols: 1, rowH: 1, version: 0, near: true, classes: [], names: [], last: ''}
  let next = 0, chain = Promise.resolve(), stopped = false

  // --- asking the host
  function ask(msg, wait = WAIT) {
    const id = `${me}-${++next}`
    return new Promise(done => {
      const timer = wait && setTimeout(() => { waiting.delete(id); done({kind: 'error', lost: true, message: 'no answer; is the kernel or petlab review still running?'}) }, wait)
      waiting.set(id, (answer, buffers) => { clearTimeout(timer); done({...answer, buffers}) })
      model.send({...msg, id, window: me})
    })
  }
  function heard(answer, buffers) {
    const f = answer && waiting.get(answer.id)
    if (f) { waiting.delete(answer.id); f(answer, buffers) }
  }
  model.on('msg:custom', heard)
  const inTurn = f => (chain = chain.then(f, f))

  // --- the parts of the page
  const root = make('div', {class: 'plr', 'data-lm-suppress-shortcuts': 'true', 'data-p-suppress-shortcuts': 'true', role: 'application', 'aria-label': 'petlab review'})
  const height = model.get('height')
  root.style.height = height ? `${height}px` : '100%'
  const title = make('div', {class: 'plr-title'}, 'loading the photos ...')
  const filter = make('select', {class: 'plr-filter', 'aria-label': 'which photos are shown'})
  const bar = make('div', {class: 'plr-buttons', role: 'toolbar', 'aria-label': 'actions'})
  for (const [name, key, f] of [['Keep', 'k', () => act('keep')], ['Relabel', 'r', () => relabelBox()], ['Delete', 'd', () => act('delete')],
    ['Skip', 's', () => act('skip')], ['Undo', 'u', undo], ['Select', 'Space', toggle], ['Caption', 'c', () => captionBox()], ['Zoom', 'z', () => zoom()],
    ['?', '?', help]])
    bar.append(make('button', {type: 'button', 'data-act': name.toLowerCase(), title: `${name} (${key})`, tabindex: -1,
      onclick: () => { f(); if (!open()) grid.focus({preventScroll: true}) }}, name))
  const grid = make('div', {class: 'plr-grid', tabindex: 0, role: 'grid', 'aria-multiselectable': 'true', 'aria-label': 'photos, the most suspicious first', 'aria-describedby': `${uid}-say`})
  const space = make('div', {class: 'plr-space', role: 'presentation'})
  const side = make('aside', {class: 'plr-side', 'aria-label': 'the photo in question and its neighbours'})
  const say = make('div', {class: 'plr-say', id: `${uid}-say`, role: 'status', 'aria-live': 'polite'})
  const layer = make('div', {class: 'plr-layer', hidden: true})
  grid.append(space)
  root.append(make('div', {class: 'plr-head'}, title, filter, bar), make('div', {class: 'plr-main'}, grid, side), say, layer)
  el.append(root)
  const tell = (text, bad = false) => { say.textContent = text; say.classList.toggle('plr-bad', bad) }

  // --- pictures: by address where there is one, else by messages
  const base = model.get('pictures'), urls = new Map(), wanted = new Map()
  let asking = false
  function picture(img, i, size = 'thumb') {
    img.dataset.want = `${size}${i}`
    if (base) { img.src = `${base}${i}?size=${size}&d=${S.digests[i]}`; return }
    const key = `${size}${S.digests[i]}`
    if (urls.has(key)) { img.src = urls.get(key); return }
    img.removeAttribute('src')
    if (!wanted.has(key)) wanted.set(key, {i, size, imgs: []})
    wanted.get(key).imgs.push([img, img.dataset.want])
    queueMicrotask(fetchPictures)
  }
  async function fetchPictures() {
    if (asking || !wanted.size || stopped) return
    asking = true
    for (const [k, o] of wanted) if (!o.imgs.some(([img, want]) => img.isConnected && img.dataset.want == want)) wanted.delete(k)
    const size = [...wanted.values()].pop()?.size, some = [...wanted].filter(([, o]) => o.size == size).slice(-12)
    if (some.length) {
      const answer = await ask({kind: 'pictures', items: some.map(([, o]) => o.i), size})
      const got = new Map((answer.items || []).map((i, j) => [i, answer.buffers?.[j]]))
      for (const [key, o] of some) {
        const data = got.get(o.i)
        wanted.delete(key)
        if (!data || !data.byteLength) { o.imgs.forEach(([img]) => img.dispatchEvent(new Event('error'))); continue }
        const url = URL.createObjectURL(new Blob([data], {type: 'image/jpeg'}))
        urls.set(key, url)
        o.imgs.forEach(([img, want]) => { if (img.dataset.want == want) img.src = url })
      }
      while (urls.size > 1500) { const [k, v] = urls.entries().next().value; URL.revokeObjectURL(v); urls.delete(k) }
    }
    asking = false
    if (wanted.size) fetchPictures()
  }

  // --- what is known of a photo
  const labelOf = i => { const s = S.states[i]; return s && s[0] == 'relabel' ? s[1] : S.labels[i] }
  const describe = i => {
    const s = S.states[i], bits = [labelOf(i) || 'no label']
    if (s && s[0]) bits.push(s[0] == 'relabel' ? `relabelled, was ${S.labels[i] || 'without label'}` : WORD[s[0]])
    else if (S.suggested[i]) bits.push(`perhaps ${S.suggested[i]}`)
    if (S.why[i]) bits.push(S.why[i])
    if (s && s[2]) bits.push(`caption: ${s[2]}`)
    if (S.pending.get(i)) bits.push('being saved')
    if (S.failed.has(i)) bits.push('not saved')
    return [...bits, S.names[i]].join(', ')
  }
  const matches = i => {
    const s = S.states[i]?.[0] || '', f = S.filter
    return f == 'all' || f == 'todo' && !s || f == 'said' && !!s || f == 'changed' && (s == 'relabel' || s == 'delete') || f == 'skip' && s == 'skip' ||
      f[0] == '=' && labelOf(i) == f.slice(1)
  }
  const here = () => S.view[S.cursor]
  const targets = () => S.selected.size ? S.view.filter(i => S.selected.has(i) && S.states[i]?.[0] != 'gone') : here() == null ? [] : [here()]

  // --- the grid: only the rows that are seen are there
  const tiles = new Map()
  let width = 0, drawn = false
  function layout() {
    const narrow = root.clientWidth < 640
    root.classList.toggle('narrow', narrow)
    root.classList.toggle('no-side', !S.near)
    const w = grid.clientWidth - GAP
    if (w <= 0) return
    width = w
    S.cols = Math.max(narrow ? 2 : 1, Math.floor(w / (TILE + GAP)))
    S.tile = Math.floor(w / S.cols) - GAP
    S.rowH = Math.round(S.tile * .8) + CAPTION + GAP
    space.style.height = `${Math.ceil(S.view.length / S.cols) * S.rowH + GAP}px`
    grid.setAttribute('aria-rowcount', Math.ceil(S.view.length / S.cols))
    grid.setAttribute('aria-colcount', S.cols)
    tiles.forEach(t => t.row.remove())
    tiles.clear()
    draw()
  }
  function seenRows() {
    const first = Math.floor(grid.scrollTop / S.rowH), last = Math.floor((grid.scrollTop + grid.clientHeight - 1) / S.rowH)
    return [Math.max(0, first), Math.min(last, Math.ceil(S.view.length / S.cols) - 1)]
  }
  function draw() {
    if (!width) return
    const [a, b] = seenRows(), first = Math.max(0, a - 2), last = Math.min(b + 2, Math.ceil(S.view.length / S.cols) - 1)
    for (const [r, t] of tiles) if (r < first || r > last) { t.row.remove(); tiles.delete(r) }
    for (let r = first; r <= last; r++) {
      if (!tiles.has(r)) {
        const row = make('div', {class: 'plr-row', role: 'row', 'aria-rowindex': r + 1})
        row.style.transform = `translateY(${r * S.rowH + GAP}px)`
        row.style.height = `${S.rowH - GAP}px`
        tiles.set(r, {row, cells: Array.from({length: S.cols}, (_, c) => cell(c))})
        row.append(...tiles.get(r).cells.map(o => o.el))
        const after = [...tiles.keys()].filter(k => k > r).sort((x, y) => x - y)[0]
        space.insertBefore(row, after == null ? null : tiles.get(after).row)
      }
      tiles.get(r).cells.forEach((o, c) => fill(o, r * S.cols + c))
    }
    const cur = tiles.get(Math.floor(S.cursor / S.cols))?.cells[S.cursor % S.cols]
    if (cur && S.view.length) grid.setAttribute('aria-activedescendant', cur.el.id)
    else grid.removeAttribute('aria-activedescendant')
  }
  function cell(c) {
    const img = make('img', {alt: '', draggable: 'false'}), label = make('b'), hint = make('span', {class: 'plr-hint'}), why = make('div', {class: 'plr-why'})
    const badge = make('span', {class: 'plr-badge'})
    const box = make('div', {class: 'plr-cell', role: 'gridcell', 'aria-colindex': c + 1, id: `${uid}-c${++next}`},
      make('div', {class: 'plr-pic'}, img, badge), make('div', {class: 'plr-label'}, label, hint), why)
    box.style.width = `${S.tile}px`
    img.addEventListener('error', () => { if (img.dataset.want) box.classList.add('plr-broken') })
    img.addEventListener('load', () => box.classList.remove('plr-broken'))
    return {el: box, img, label, hint, why, badge, i: null}
  }
  function fill(o, p) {
    const i = S.view[p]
    o.el.style.visibility = i == null ? 'hidden' : ''
    if (i == null) { o.i = null; o.el.removeAttribute('data-item'); return }
    if (o.i !== i) { o.i = i; o.el.dataset.item = i; o.el.classList.remove('plr-broken'); picture(o.img, i) }
    o.el.dataset.pos = p
    const s = S.states[i] || [], pending = S.pending.get(i)
    o.el.className = ['plr-cell', p == S.cursor && 'plr-here', S.selected.has(i) && 'plr-selected', s[0] && `plr-${s[0]}`, pending && 'plr-pending',
      S.failed.has(i) && 'plr-failed', S.told.has(i) && 'plr-told', o.el.classList.contains('plr-broken') && 'plr-broken'].filter(Boolean).join(' ')
    o.el.dataset.state = s[0] || ''
    o.el.setAttribute('aria-selected', S.selected.has(i))
    o.el.setAttribute('aria-label', `${p + 1} of ${S.view.length}: ${describe(i)}`)
    o.label.textContent = labelOf(i) || 'no label'
    o.hint.textContent = s[0] == 'relabel' ? ` was ${S.labels[i] || 'none'}` : !s[0] && S.suggested[i] && S.suggested[i] != S.labels[i] ? ` → ${S.suggested[i]}?` : ''
    o.why.textContent = S.told.get(i) || s[2] || S.why[i] || S.names[i]
    o.why.title = `${S.names[i]}\n${S.why[i]}`
    o.badge.textContent = pending ? '…' : S.failed.has(i) ? 'not saved' : s[0] ? WORD[s[0]] : ''
  }
  function paint() { draw(); head() }
  function head() {
    const said = Object.values(S.states), n = a => said.filter(s => s[0] == a).length, done = said.filter(s => s[0] && s[0] != 'gone').length
    title.textContent = `${S.title}: ${done.toLocaleString('en')} of ${S.n.toLocaleString('en')} reviewed, ${n('relabel')} relabelled, ${n('delete')} to delete` +
      (S.selected.size ? `, ${S.selected.size} selected` : '')
    root.dataset.version = S.version
  }
  function show(p) {
    const top = Math.floor(p / S.cols) * S.rowH, view = grid.clientHeight
    if (top < grid.scrollTop) grid.scrollTop = top
    else if (top + S.rowH + GAP > grid.scrollTop + view) grid.scrollTop = Math.max(0, top + S.rowH + GAP - view)
  }
  let sideTimer
  function go(p, extend = false, jump = false) {
    if (!S.view.length) return
    p = Math.max(0, Math.min(p, S.view.length - 1))
    if (extend) {
      for (let k = Math.min(S.anchor, S.cursor); k <= Math.max(S.anchor, S.cursor); k++) S.selected.delete(S.view[k])
      for (let k = Math.min(S.anchor, p); k <= Math.max(S.anchor, p); k++) S.selected.add(S.view[k])
    }
    S.cursor = p
    if (jump) S.fixed.add(S.view[p])
    else S.reached = Math.max(S.reached, p)
    if (!extend) S.anchor = p
    show(p)
    paint()
    clearTimeout(sideTimer)
    sideTimer = setTimeout(aside, 70)
    if (zoomed()) fillZoom()
  }
  const setView = () => { S.view = S.order.filter(matches) }
  function setFilter(f) {
    S.filter = f
    setView()
    S.selected.clear()
    S.fixed.clear()
    S.cursor = S.anchor = S.reached = 0
    grid.scrollTop = 0
    layout()
    go(0)
    tell(`${S.view.length.toLocaleString('en')} photos shown`)
  }
  function options() {
    const all = [['all', 'all photos'], ['todo', 'to do'], ['said', 'reviewed'], ['changed', 'relabelled or to delete'], ['skip', 'skipped'],
      ...S.classes.map(c => [`=${c}`, `class ${c}`]), ...(S.labels.includes('') ? [['=', 'without label']] : [])]
    filter.replaceChildren(...all.map(([v, t]) => make('option', {value: v}, t)))
    filter.value = S.filter
  }

  // --- the photo in question, and others of its class
  let sideOf = null
  async function aside() {
    const i = here()
    if (i == null || !S.near || stopped) { side.replaceChildren(); return }
    const big = make('img', {class: 'plr-big', alt: ''}), text = make('div', {class: 'plr-text'})
    const s = S.states[i] || []
    text.append(make('b', {}, labelOf(i) || 'no label'), ...(!s[0] && S.suggested[i] && S.suggested[i] != S.labels[i] ? [` perhaps ${S.suggested[i]}`] : []),
      make('div', {class: 'plr-why'}, S.why[i]), make('div', {class: 'plr-name'}, S.names[i]), ...(s[2] ? [make('q', {}, s[2])] : []))
    const same = make('div', {class: 'plr-near', 'aria-label': `others labelled ${labelOf(i)}`})
    if (sideOf !== i || !side.firstChild) {
      sideOf = i
      picture(big, i)
      side.replaceChildren(make('div', {class: 'plr-one'}, big, text), make('div', {class: 'plr-head2'}, `near it, also ${labelOf(i) || 'without label'}`), same)
    } else { side.querySelector('.plr-text').replaceWith(text); return }
    const answer = await ask({kind: 'near', item: i, n: 6})
    if (here() != i || stopped) return
    same.replaceChildren(...(answer.near || []).map(j => {
      const img = make('img', {alt: `${labelOf(j)}: ${S.names[j]}`, title: `${labelOf(j)}: ${S.names[j]}`})
      picture(img, j)
      return img
    }))
  }

  // --- saying something
  function take(answer, mine) {
    const states = {...answer.states}
    if (answer.all) for (const i in S.states) states[i] ??= ['', '', '']
    for (const [i, s] of Object.entries(states)) {
      const before = (S.states[i] || []).slice(0, 2).join(), other = !mine && before != s.slice(0, 2).join()
      if (s[0] || s[2]) S.states[i] = s
      else delete S.states[i]
      if (other) S.told.set(+i, `another window: ${s[0] ? WORD[s[0]] + (s[1] ? ` ${s[1]}` : '') : 'undone'}`)
      else if (mine) S.told.delete(+i)
    }
    if (answer.version != null) S.version = answer.version
    if (answer.classes && answer.classes.join('\n') != S.classes.join('\n')) { S.classes = answer.classes; options() }
  }
  let queue = 0
  const busy = n => { (queue += n) ? root.dataset.busy = queue : delete root.dataset.busy }
  function act(action, value = '', items = targets()) {
    if (!items.length) return
    const many = S.selected.size > 0, last = Math.max(...items.map(i => S.view.indexOf(i)))
    items.forEach(i => { S.pending.set(i, (S.pending.get(i) || 0) + 1); S.failed.delete(i) })
    S.selected.clear()
    if (action != 'caption') go(Math.min(last + 1, S.view.length - 1))
    else paint()
    busy(1)
    return inTurn(async () => {
      const answer = await ask({kind: 'act', items, action, value, seen: S.version})
      items.forEach(i => { const n = S.pending.get(i) - 1; n ? S.pending.set(i, n) : S.pending.delete(i) })
      if (answer.kind != 'done') {
        items.forEach(i => S.failed.add(i))
        tell(`NOT SAVED: ${answer.message}`, true)
      } else {
        take(answer, true)
        const name = items.length == 1 ? S.names[items[0]] : `${items.length} photos`
        const what = action == 'relabel' ? `relabelled ${value}` : action == 'caption' ? 'captioned' : WORD[action]
        const told = answer.conflicts?.length ? `; another window had said ${WORD[answer.conflicts[0].action]} ${answer.conflicts[0].value} of ${answer.conflicts.length}, this is the last word` : ''
        tell(`saved: ${name} ${what}${told}`)
        if (action != 'caption' && action != 'skip') stale = true
      }
      paint()
      if (action == 'caption') aside()
      busy(-1)
      if (stale) rankSoon()
    })
  }
  function undo() {
    busy(1)
    return inTurn(async () => {
      const answer = await ask({kind: 'undo'})
      if (answer.kind != 'undone') tell(`NOT UNDONE: ${answer.message}`, true)
      else if (!answer.items.length) { take(answer, true); tell('nothing to undo (what was applied is moved back by petlab review --undo)') }
      else {
        take(answer, true)
        const p = S.view.indexOf(answer.items[0])
        if (p >= 0) go(p)
        tell(`undone: ${answer.action} of ${answer.items.length == 1 ? S.names[answer.items[0]] : `${answer.items.length} photos`}`)
        stale = true
      }
      paint()
      busy(-1)
      if (stale) rankSoon()
    })
  }
  // a new order of what the cursor has not reached
  let ranking = false, again = false, stale = false
  async function rankSoon(kind = 'rank') {
    if (kind == 'rank' && (!S.ranks || queue)) return
    if (kind == 'rank') stale = false
    if (ranking) { again = true; return }
    ranking = true
    const start = performance.now(), answer = await ask({kind}, 120000)
    ranking = false
    if (answer.kind == 'order' && !stopped) {
      if (answer.orders) { S.orders = answer.orders; S.ranks = true }
      for (const [i, [s, w]] of Object.entries(answer.new || {})) { S.suggested[i] = s; S.why[i] = w }
      const was = S.view, stays = was.map((i, p) => p <= S.reached || p == S.cursor || S.fixed.has(i)), fixed = new Set(was.filter((_, p) => stays[p]))
      const rest = answer.order.filter(i => !fixed.has(i) && matches(i))
      let k = 0
      S.order = answer.order
      S.view = was.map((i, p) => stays[p] ? i : rest[k++]).filter(i => i != null).concat(rest.slice(k))
      const moved = S.view.filter((i, p) => i != was[p]).length
      root.dataset.ranked = (+root.dataset.ranked || 0) + 1
      root.dataset.rankms = Math.round(performance.now() - start)
      const parts = [say.textContent.split(' · ')[0], answer.said, moved && `${moved.toLocaleString('en')} photos not yet reached are in a new order`]
      tell(parts.filter(o => o).join(' · '))
      layout()
    } else if (answer.kind == 'error' && !stopped) tell(`no new order: ${answer.message}`, true)
    if (again) { again = false; rankSoon() }
  }
  function toggle() {
    const i = here()
    if (i == null) return
    S.selected.has(i) ? S.selected.delete(i) : S.selected.add(i)
    S.anchor = S.cursor
    paint()
  }
  function selectSeen() {
    const first = Math.ceil((grid.scrollTop - GAP) / S.rowH), last = Math.floor((grid.scrollTop + grid.clientHeight + GAP) / S.rowH) - 1
    for (let p = Math.max(0, first) * S.cols; p < Math.min((Math.max(last, first) + 1) * S.cols, S.view.length); p++) S.selected.add(S.view[p])
    paint()
    tell(`${S.selected.size} selected`)
  }
  function nextOpen() {
    for (let k = 1; k <= S.view.length; k++) {
      const p = (S.cursor + k) % S.view.length
      if (!S.states[S.view[p]]?.[0]) return go(p, false, true)
    }
    tell('nothing left to do in this view')
  }

  // --- boxes above the grid
  const open = () => !layer.hidden
  let onClose = null
  function box(name, ...children) {
    layer.replaceChildren(make('div', {class: `plr-box plr-${name}box`, role: 'dialog', 'aria-modal': 'true', 'aria-label': name}, ...children))
    layer.dataset.box = name
    layer.hidden = false
  }
  function close() {
    layer.hidden = true
    layer.replaceChildren()
    delete layer.dataset.box
    grid.focus({preventScroll: true})
  }
  layer.addEventListener('mousedown', e => { if (e.target == layer) { e.preventDefault(); close() } })
  function found(text) {
    const t = text.trim().toLowerCase(), at = S.classes.map((name, k) => ({name, k: k + 1}))
    if (!t) return at
    const rank = ({name, k}) => {
      const n = name.toLowerCase()
      return name == text.trim() ? 0 : n == t ? 1 : String(k) == t ? 2 : n.startsWith(t) ? 3 : n.split(/[\s_-]+/).some(w => w.startsWith(t)) ? 4 :
        String(k).startsWith(t) ? 5 : n.includes(t) ? 6 : 9
    }
    const res = at.map(o => [rank(o), o]).filter(([r]) => r < 9).sort((a, b) => a[0] - b[0] || a[1].k - b[1].k).map(([, o]) => o)
    if (!S.classes.includes(text.trim())) res.push({name: text.trim(), fresh: true})
    return res
  }
  function relabelBox(begun = '') {
    const items = targets()
    if (!items.length) return
    let at = 0, list = []
    const hint = items.length == 1 && S.suggested[items[0]]
    const input = make('input', {type: 'text', role: 'combobox', 'aria-expanded': 'true', 'aria-controls': `${uid}-list`, 'aria-autocomplete': 'list', autocomplete: 'off',
      spellcheck: 'false', 'aria-label': 'new label: letters or number of a class', placeholder: 'letters or number of a class, or a new one'})
    const ul = make('ul', {role: 'listbox', id: `${uid}-list`})
    const pick = o => { close(); if (o) act('relabel', o.name, items) }
    const update = () => {
      list = found(input.value).slice(0, 200)
      if (!input.value && hint) { const k = list.findIndex(o => o.name == hint); if (k > 0) list.unshift(...list.splice(k, 1)) }
      at = Math.max(0, Math.min(at, list.length - 1))
      ul.replaceChildren(...list.map((o, k) => make('li', {role: 'option', id: `${uid}-o${k}`, 'aria-selected': k == at ? 'true' : 'false', onclick: () => pick(o)},
        make('span', {class: 'plr-no'}, o.fresh ? 'new' : String(o.k)), o.name)))
      if (list.length) { input.setAttribute('aria-activedescendant', `${uid}-o${at}`); ul.children[at].scrollIntoView({block: 'nearest'}) }
    }
    input.addEventListener('input', () => { at = 0; update() })
    input.addEventListener('keydown', e => {
      if (e.isComposing) return
      if (e.key == 'ArrowDown' || e.key == 'ArrowUp') { at = (at + (e.key == 'ArrowDown' ? 1 : -1) + list.length) % list.length; update(); e.preventDefault() }
      else if (e.key == 'Enter') { e.preventDefault(); pick(list[at]) }
    })
    box('relabel', make('label', {}, items.length == 1 ? `${S.names[items[0]]}, now ${labelOf(items[0]) || 'without label'}` : `${items.length} photos`), input, ul)
    input.value = begun
    update()
    input.focus()
  }
  async function captionBox() {
    const items = targets()
    if (!items.length) return
    const i = items[0], area = make('textarea', {rows: 4, maxlength: 10000, 'aria-label': 'caption', spellcheck: 'true'}), list = make('div', {class: 'plr-captions'})
    const save = () => { const text = area.value; close(); act('caption', text, items) }
    area.value = S.states[i]?.[2] || ''
    area.addEventListener('keydown', e => {
      if (e.key == 'Enter' && !e.shiftKey && !e.isComposing) { e.preventDefault(); save() }
      if (e.altKey && /^[1-8]$/.test(e.key) && list.children[e.key - 1]) { e.preventDefault(); list.children[e.key - 1].click() }
    })
    const img = make('img', {alt: ''})
    picture(img, i)
    box('caption', make('label', {}, items.length == 1 ? S.names[i] : `${items.length} photos`), img, area, list,
      make('div', {class: 'plr-row2'}, make('small', {}, 'Enter saves, Shift+Enter is a new line, Esc leaves it'), make('button', {type: 'button', onclick: save}, 'Save')))
    area.focus()
    if (!S.suggests) return
    const answer = await ask({kind: 'captions', item: i})
    list.replaceChildren(...(answer.captions || []).map((c, k) => make('button', {type: 'button', title: `Alt+${k + 1}`,
      onclick: () => { area.value = c; area.focus() }}, `${k + 1}  ${c}`)))
  }
  const zoomed = () => layer.dataset.box == 'zoom'
  let zoomImg, zoomText
  function zoom() {
    if (here() == null) return
    zoomImg = make('img', {alt: ''})
    zoomText = make('div', {class: 'plr-text'})
    box('zoom', zoomImg, zoomText)
    layer.firstChild.tabIndex = -1
    fillZoom()
    layer.firstChild.focus({preventScroll: true})
  }
  function fillZoom() {
    const i = here()
    picture(zoomImg, i, 'zoom')
    zoomImg.alt = describe(i)
    zoomText.textContent = describe(i)
  }
  function help() {
    box('help', make('h3', {}, 'Keys'), make('dl', {}, ...HELP.flatMap(([k, t]) => [make('dt', {}, ...k.split(', ').flatMap((o, j) => [j ? ', ' : '', make('kbd', {}, o)])), make('dd', {}, t)])),
      make('p', {}, `Everything that is said is in ${S.journal || 'the journal'} before it is shown as done. No file is moved or deleted before you say apply. The order of what the cursor has reached stays; what is behind it follows your answers.`))
    layer.firstChild.tabIndex = -1
    layer.firstChild.focus({preventScroll: true})
  }

  // --- keys: none of them gets out of the grid
  function key(e) {
    e.stopPropagation()
    if (e.isComposing || !S.n) return
    const typing = e.target.matches?.('input, textarea'), mod = e.ctrlKey || e.metaKey, k = e.key
    if (k == 'Escape') {
      e.preventDefault()
      if (open()) close()
      else if (S.selected.size) { S.selected.clear(); paint() }
      else if (e.target != grid) grid.focus({preventScroll: true})
      else el.closest?.('.jp-Cell')?.focus()
      return
    }
    if (typing || e.target == filter) return
    if (open() && !zoomed()) { if (k == '?' || k == 'Enter') { e.preventDefault(); close() } else if (k == 'Tab') e.preventDefault(); return }
    if (zoomed() && k == 'Tab') { e.preventDefault(); return }
    if (e.target.matches?.('button') && (k == 'Enter' || k == ' ')) return
    const page = Math.max(1, Math.floor(grid.clientHeight / S.rowH)) * S.cols, row = zoomed() ? 1 : S.cols
    const moves = {ArrowLeft: S.cursor - 1, ArrowRight: S.cursor + 1, ArrowUp: S.cursor - row, ArrowDown: S.cursor + row, PageUp: S.cursor - page, PageDown: S.cursor + page,
      Home: 0, End: S.view.length - 1}
    const done = f => { e.preventDefault(); f() }
    if (k in moves && !e.altKey) {
      const p = moves[k]
      if ((k == 'ArrowUp' || k == 'ArrowDown') && p < 0) return done(() => {})
      return done(() => { if (!e.shiftKey && !mod && S.selected.size && !zoomed()) S.selected.clear(); go(p, e.shiftKey, k == 'End') })
    }
    if (mod && k.toLowerCase() == 'a') return done(selectSeen)
    if (mod && k.toLowerCase() == 'z') return done(undo)
    if (mod || e.altKey) return
    const plain = {k: () => act('keep'), d: () => act('delete'), delete: () => act('delete'), s: () => act('skip'), u: undo, r: () => relabelBox(), c: captionBox,
      ' ': toggle, e: () => { S.view.forEach(i => S.selected.add(i)); paint(); tell(`${S.selected.size.toLocaleString('en')} selected`) }, n: () => { S.near = !S.near; layout(); sideOf = null; aside() }, f: () => { if (zoomed()) close(); filter.focus() }, o: nextOpen, '?': help,
      z: () => zoomed() ? close() : zoom(), enter: () => zoomed() ? close() : zoom(),
      a: () => { const i = here(); i != null && S.suggested[i] ? act('relabel', S.suggested[i], targets()) : tell('no label is suggested for this photo') }}
    const f = plain[k.toLowerCase()]
    if (f && !(e.repeat && 'kdsraz'.includes(k.toLowerCase()) && k != ' ')) return done(f)
    if (f) return done(() => {})
    if (/^[1-9]$/.test(k)) return done(() => relabelBox(k))
  }
  root.addEventListener('keydown', key)
  for (const o of ['keyup', 'keypress', 'beforeinput', 'paste', 'copy', 'cut', 'contextmenu']) root.addEventListener(o, e => e.stopPropagation())
  grid.addEventListener('scroll', () => { if (!drawn) { drawn = true; requestAnimationFrame(() => { drawn = false; draw() }) } }, {passive: true})
  grid.addEventListener('mousedown', e => {
    const c = e.target.closest('[data-pos]')
    if (!c) return
    e.preventDefault()
    grid.focus({preventScroll: true})
    const p = +c.dataset.pos
    if (e.shiftKey) go(p, true)
    else { if (!(e.ctrlKey || e.metaKey)) S.selected.clear(); go(p); if (e.ctrlKey || e.metaKey) toggle() }
  })
  grid.addEventListener('dblclick', zoom)
  root.addEventListener('mousedown', e => {  // the focus stays in the grid, or the next key goes to somebody else
    if (e.target.closest('button, select, input, textarea, .plr-box, .plr-layer') || e.target.closest('.plr-grid') && e.target.closest('[data-pos]')) return
    if (e.target != grid) e.preventDefault()
    grid.focus({preventScroll: true})
  })
  filter.addEventListener('change', () => { setFilter(filter.value); grid.focus({preventScroll: true}) })

  // --- light and dark, whoever says so
  function dark() {
    const {jpThemeLight, vscodeThemeKind} = document.body.dataset, colab = document.documentElement.getAttribute('theme')
    const said = jpThemeLight ? jpThemeLight == 'false' : vscodeThemeKind ? /dark|contrast$/.test(vscodeThemeKind) : colab ? colab == 'dark' : null
    if (said != null) { root.classList.toggle('dark', said); return }
    let o = el, c = null
    while (o && !c) { const m = getComputedStyle(o).backgroundColor.match(/[\d.]+/g); if (m && !(m.length == 4 && +m[3] < .5)) c = m; o = o.parentElement || o.getRootNode()?.host }
    const light = c ? .299 * c[0] + .587 * c[1] + .114 * c[2] > 128 : !matchMedia('(prefers-color-scheme: dark)').matches
    root.classList.toggle('dark', !light)
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => setTimeout(dark, 50), {signal: over.signal})
  const watchTheme = new MutationObserver(() => setTimeout(dark, 50))
  for (const o of [document.body, document.documentElement]) watchTheme.observe(o, {attributes: true, attributeFilter: ['class', 'data-jp-theme-light', 'data-vscode-theme-kind', 'theme']})
  const sized = new ResizeObserver(() => { dark(); if (S.n) { layout(); show(S.cursor); draw() } })
  sized.observe(grid)
  sized.observe(root)

  // --- what other windows say
  async function poll() {
    if (stopped) return
    if (document.visibilityState == 'visible' && S.n && !root.dataset.busy && root.isConnected) {
      const answer = await ask({kind: 'poll', seen: S.version})
      if (answer.kind == 'news') {
        if (root.dataset.lost) { delete root.dataset.lost; tell('there again') }
        if (answer.version > S.version && !root.dataset.busy) {
          const n = S.told.size
          take(answer, false)
          if (S.told.size > n) { tell(`another window said something of ${S.told.size - n} photos`); rankSoon() }
          paint()
        }
        if (answer.orders != S.orders && !ranking) rankSoon('order')
      } else if (answer.lost && !stopped) { root.dataset.lost = 'true'; tell(answer.message, true) }
    }
    if (!stopped) setTimeout(poll, base ? 1000 : 3000)
  }
  async function start() {
    dark()
    const o = await ask({kind: 'open'}, 120000)
    if (stopped) return
    if (o.kind != 'open') { title.textContent = o.message; return }
    const spread = c => c.of.map(k => c.texts[k])
    Object.assign(S, o, {labels: spread(o.labels), suggested: spread(o.suggested), why: spread(o.why)})
    setView()
    options()
    layout()
    go(0)
    head()
    if (S.note) tell(S.note, true)
    else tell([S.said, S.ranks ? 'the most suspicious first; ? shows the keys' : '? shows the keys'].filter(o => o).join(' · '))
    root.dataset.ready = 'true'
    const cell = el.closest?.('.jp-Cell')
    if (base || cell && cell.contains(document.activeElement)) grid.focus({preventScroll: true})
    setTimeout(poll, 1000)
  }
  start()
  return () => {
    stopped = true
    over.abort()
    watchTheme.disconnect()
    sized.disconnect()
    model.off('msg:custom', heard)
    urls.forEach(o => URL.revokeObjectURL(o))
    root.remove()
  }
}

export default {render}
