// Reading QR codes with the camera: by the browser's BarcodeDetector where there is one, else by zxing, which is
// loaded only now. Faults have a name each, and the page always offers to paste the link instead.

/** @typedef {'insecure' | 'no_camera' | 'refused' | 'busy' | 'no_reader'} ScannerFault */

export class ScannerError extends Error {
  /** @param {ScannerFault} fault @param {unknown} [cause] */
  constructor(fault, cause) {
    super(fault, { cause });
    this.fault = fault;
  }
}

const PAUSE_MS = 120;
/** Frames are read at this width at most: enough for a dense code, light for an old phone. */
const MOST_WIDTH = 1280;

/** @typedef {(video: HTMLVideoElement) => Promise<string | null>} Reader */

/** @returns {Promise<Reader>} */
async function createReader() {
  const Detector = /** @type {any} */ (globalThis).BarcodeDetector;
  if (Detector) {
    try {
      const formats = await Detector.getSupportedFormats();
      if (formats.includes('qr_code')) {
        const detector = new Detector({ formats: ['qr_code'] });
        return async (video) => (await detector.detect(video))[0]?.rawValue ?? null;
      }
    } catch {
      // A detector that cannot say what it reads does not read: the other one will.
    }
  }
  const zxing = await import('../vendor/zxing-wasm/reader/index.js');
  const wasm = new URL('../vendor/zxing-wasm/reader/zxing_reader.wasm', import.meta.url).href;
  await zxing.prepareZXingModule({ overrides: { locateFile: () => wasm }, fireImmediately: true });
  const canvas = document.createElement('canvas');
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  return async (video) => {
    const scale = Math.min(1, MOST_WIDTH / video.videoWidth);
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    context.drawImage(video, 0, 0, canvas.width, canvas.height);
    const image = context.getImageData(0, 0, canvas.width, canvas.height);
    const found = await zxing.readBarcodes(image, { formats: ['QRCode'], tryHarder: true, maxNumberOfSymbols: 1 });
    return found.find((code) => code.isValid)?.text ?? null;
  };
}

/** @param {unknown} error @returns {ScannerFault} */
function faultOf(error) {
  const name = error instanceof Error ? error.name : '';
  if (name === 'NotAllowedError' || name === 'SecurityError') return 'refused';
  if (name === 'NotFoundError' || name === 'OverconstrainedError') return 'no_camera';
  return 'busy';
}

/**
 * Shows the camera in `video` and reports each text it reads until `stop`.
 * @param {HTMLVideoElement} video
 * @param {(text: string) => void} onText
 * @returns {Promise<{stop: () => void, torch: ((on: boolean) => Promise<void>) | null}>}
 */
export async function startScanner(video, onText) {
  if (!navigator.mediaDevices?.getUserMedia) throw new ScannerError(globalThis.isSecureContext ? 'no_camera' : 'insecure');
  /** @type {MediaStream} */
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia({
      audio: false,
      video: { facingMode: { ideal: 'environment' }, width: { ideal: 1280 }, height: { ideal: 720 } },
    });
  } catch (error) {
    throw new ScannerError(faultOf(error), error);
  }
  let running = true;
  const stop = () => {
    running = false;
    for (const track of stream.getTracks()) track.stop();
    video.srcObject = null;
  };
  /** @type {Reader} */
  let readCode;
  try {
    video.srcObject = stream;
    video.muted = true;
    video.playsInline = true;
    await video.play();
    readCode = await createReader();
  } catch (error) {
    stop();
    throw new ScannerError('no_reader', error);
  }
  const look = async () => {
    while (running) {
      if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth > 0) {
        const text = await readCode(video).catch(() => null);
        if (text && running) onText(text);
      }
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  };
  void look();

  const track = stream.getVideoTracks()[0];
  const able = /** @type {any} */ (track?.getCapabilities?.() ?? {}).torch === true;
  const torch = able
    ? async (/** @type {boolean} */ on) => {
        await track.applyConstraints(/** @type {any} */ ({ advanced: [{ torch: on }] }));
      }
    : null;
  return { stop, torch };
}
