import {
  type AudioSpec,
  type Datatype,
  formatTensorType,
  type ImageSpec,
  invalidArgument,
  isFloat,
  type MediaSpec,
  type MillraceError,
  type TensorSpec,
} from '../core/index.js';
import type { AudioConfig } from './config/audio-config.js';
import type { ImageConfig } from './config/image-config.js';
import type { TensorConfig } from './model-config.js';

/**
 * How encoded bytes become an input, by the `image` or `audio` section of its configuration and its completed shape; undefined = it has
 * none. Throws `invalid_argument` where the input cannot hold a picture or a sound so.
 */
export function mediaSpecOf(spec: TensorSpec, { image, audio }: TensorConfig): MediaSpec | undefined {
  if (image !== undefined) return imageSpec(spec, image);
  return audio === undefined ? undefined : audioSpec(spec, audio);
}

/** Throws unless the inputs that take sampling rates are there and take one number. */
export function checkRateInputs(inputs: readonly TensorSpec[]): void {
  for (const { name, media } of inputs) {
    if (media?.kind !== 'audio' || media.rateInput === undefined) continue;
    const rate = inputs.find((input) => input.name === media.rateInput);
    if (rate === undefined) throw refused(name, `audio.rateInput: there is no input '${media.rateInput}'`);
    const rest = rate.shape.slice(rate.batchAxis === 0 ? 1 : 0);
    if (isNumeric(rate.datatype) && rest.every((size) => Math.abs(size) === 1)) continue;
    const type = formatTensorType(rate.datatype, rate.shape);
    throw refused(name, `audio.rateInput: expected an input of one number, got '${rate.name}' (${type})`);
  }
}

function imageSpec(spec: TensorSpec, config: ImageConfig): ImageSpec {
  const { layout = 'NCHW', colors = 'RGB', resize = 'stretch', interpolation = 'bilinear' } = config;
  const { cropFraction = 1, mean = [], std = [] } = config;
  const channels = colors === 'GRAY' ? 1 : 3;
  const [heightAxis, widthAxis, channelAxis] = layout === 'NCHW' ? [1, 2, 0] : [0, 1, 2];
  const axes = spec.shape.slice(-3);
  const leading = spec.shape.slice(0, -3);
  if (
    !isNumeric(spec.datatype) ||
    axes.length !== 3 ||
    leading.length > 1 ||
    !leading.every(isOneOrOpen) ||
    (axes[channelAxis] !== -1 && axes[channelAxis] !== channels)
  ) {
    const type = formatTensorType(spec.datatype, spec.shape);
    throw refused(spec.name, `image: ${type} is no picture of ${channels} channels in ${layout}`);
  }
  for (const [key, values] of Object.entries({ mean, std })) {
    if (values.length === 0 || values.length === channels) continue;
    throw refused(spec.name, `image.${key}: expected ${channels} numbers, one a channel, got ${values.length}`);
  }
  return {
    kind: 'image',
    layout,
    colors,
    width: sizeOf(spec.name, { key: 'image.width', written: config.width, size: axes[widthAxis] }),
    height: sizeOf(spec.name, { key: 'image.height', written: config.height, size: axes[heightAxis] }),
    resize,
    interpolation,
    cropFraction,
    scale: config.scale ?? (isFloat(spec.datatype) ? 1 / 255 : 1),
    mean,
    std,
  };
}

function audioSpec(spec: TensorSpec, config: AudioConfig): AudioSpec {
  const { rateHz, windowSamples = 0, contextSamples = 0, scale = 1, rateInput } = config;
  const size = spec.shape.at(-1);
  if (!isNumeric(spec.datatype) || size === undefined || !spec.shape.slice(0, -1).every(isOneOrOpen)) {
    throw refused(spec.name, `audio: ${formatTensorType(spec.datatype, spec.shape)} is no row of samples`);
  }
  if (windowSamples === 0) {
    const given = config.hopSamples !== undefined ? 'hopSamples' : contextSamples > 0 ? 'contextSamples' : undefined;
    if (given !== undefined) throw refused(spec.name, `audio.${given} needs windowSamples`);
  } else {
    if (config.lengthSamples !== undefined) throw refused(spec.name, 'audio has both windowSamples and lengthSamples');
    const row = contextSamples + windowSamples;
    if (size !== -1 && size !== row) {
      throw refused(spec.name, `audio: a row has ${row} samples (contextSamples + windowSamples), its shape ${size}`);
    }
  }
  const length = { key: 'audio.lengthSamples', written: config.lengthSamples, size };
  return {
    kind: 'audio',
    rateHz,
    lengthSamples: windowSamples > 0 ? 0 : sizeOf(spec.name, length),
    windowSamples,
    hopSamples: config.hopSamples ?? windowSamples,
    contextSamples,
    scale,
    ...(rateInput === undefined ? {} : { rateInput }),
  };
}

interface WrittenSize {
  readonly key: string;
  readonly written: number | undefined;
  /** Of the shape. */
  readonly size: number | undefined;
}

/** 0 = neither the configuration nor the shape says it. */
function sizeOf(input: string, { key, written, size = -1 }: WrittenSize): number {
  if (written !== undefined && size !== -1 && written !== size) {
    throw refused(input, `${key} is ${written}, but its shape has ${size} there`);
  }
  return written ?? Math.max(size, 0);
}

function isNumeric(datatype: Datatype): boolean {
  return datatype !== 'BYTES' && datatype !== 'BOOL';
}

function isOneOrOpen(size: number): boolean {
  return size === 1 || size === -1;
}

function refused(input: string, problem: string): MillraceError {
  return invalidArgument(`input '${input}': ${problem}`);
}
