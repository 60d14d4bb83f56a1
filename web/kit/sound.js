// A short sound when money has come, made on the spot: a shop hears that it is paid without looking.

/** @type {AudioContext | undefined} */
let context;

/** Browsers allow sound only after a touch: call this from a click. */
export function allowSound() {
  context ??= new AudioContext();
  void context.resume();
}

/** @param {[number, number, number][]} notes frequency in Hz, start and length in s */
function play(notes) {
  if (!context || context.state !== 'running') return;
  const start = context.currentTime + 0.02;
  for (const [frequency, at, length] of notes) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    tone.type = 'sine';
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0.0001, start + at);
    volume.gain.exponentialRampToValueAtTime(0.35, start + at + 0.015);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + at + length);
    tone.connect(volume).connect(context.destination);
    tone.start(start + at);
    tone.stop(start + at + length);
  }
}

/** A page that nobody touched yet may not. @param {number | number[]} pattern ms */
function vibrate(pattern) {
  if (navigator.userActivation?.hasBeenActive !== false) navigator.vibrate?.(pattern);
}

/** Paid: three rising notes. */
export function playPaid() {
  play([[784, 0, 0.18], [988, 0.12, 0.18], [1319, 0.24, 0.42]]);
  vibrate([60, 40, 120]);
}

/** Something needs a look: two low notes. */
export function playAttention() {
  play([[392, 0, 0.22], [330, 0.2, 0.34]]);
  vibrate(200);
}
