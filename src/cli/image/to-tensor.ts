import { type Datatype, invalidArgument } from '../../core/index.js';
import type { ImageConfig } from '../../repository/index.js';
import type { Picture } from './decode.js';
import { resize } from './resize.js';

/** The input that a picture is to become. */
export interface PictureTarget {
  readonly name: string;
  readonly datatype: Datatype;
  /** -1 where any size is accepted. */
  readonly shape: readonly number[];
}

export interface PictureTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

/**
 * A picture as one row of an input, as the input's `image` section in model.yaml says:
 * `(channel * scale - mean[c]) / std[c]`. Throws `invalid_argument` for inputs that are not pictures.
 */
export function pictureToTensor(picture: Picture, target: PictureTarget, config: ImageConfig): PictureTensor {
  const { layout = 'NCHW', colors = 'RGB' } = config;
  const axes = target.shape.slice(-3);
  const channels = colors === 'GRAY' ? 1 : 3;
  const [heightAxis, widthAxis, channelAxis] = layout === 'NCHW' ? [1, 2, 0] : [0, 1, 2];
  const wantedChannels = axes[channelAxis] ?? 0;
  if (target.shape.length < 3 || target.shape.length > 4 || (wantedChannels !== -1 && wantedChannels !== channels)) {
    throw invalidArgument(
      `input '${target.name}' takes [${target.shape.join(',')}], which is no picture of ${channels} channels in ${layout}; ` +
        "say how in the input's image section of model.yaml",
    );
  }
  const size = {
    width: config.width ?? positive(axes[widthAxis]) ?? picture.width,
    height: config.height ?? positive(axes[heightAxis]) ?? picture.height,
  };
  const fitted = fitTo(picture, size, config.resize ?? 'stretch');
  const values = normalize(fitted, { colors, layout, config, whole: target.datatype === 'UINT8' });
  const shape = layout === 'NCHW' ? [channels, size.height, size.width] : [size.height, size.width, channels];
  return {
    shape: target.shape.length === 4 ? [1, ...shape] : shape,
    data: target.datatype === 'UINT8' ? Uint8Array.from(values, (value) => Math.min(255, Math.max(0, value))) : values,
  };
}

function positive(size: number | undefined): number | undefined {
  return size !== undefined && size > 0 ? size : undefined;
}

function fitTo(picture: Picture, size: Size, mode: 'stretch' | 'cover' | 'contain'): Picture {
  const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
  const ratio = { x: size.width / picture.width, y: size.height / picture.height };
  switch (mode) {
    case 'stretch':
      return resize(picture, whole, size);
    case 'cover': {
      const scale = Math.max(ratio.x, ratio.y);
      const [width, height] = [size.width / scale, size.height / scale];
      const [left, top] = [(picture.width - width) / 2, (picture.height - height) / 2];
      return resize(picture, { left, top, width, height }, size);
    }
    case 'contain': {
      const scale = Math.min(ratio.x, ratio.y);
      const inner = {
        width: Math.max(1, Math.round(picture.width * scale)),
        height: Math.max(1, Math.round(picture.height * scale)),
      };
      return center(resize(picture, whole, inner), size);
    }
    default:
      return mode satisfies never;
  }
}

function center(picture: Picture, size: Size): Picture {
  const rgb = new Float32Array(size.width * size.height * 3);
  const left = Math.floor((size.width - picture.width) / 2);
  const top = Math.floor((size.height - picture.height) / 2);
  for (let y = 0; y < picture.height; y++) {
    const row = picture.rgb.subarray(y * picture.width * 3, (y + 1) * picture.width * 3);
    rgb.set(row, ((top + y) * size.width + left) * 3);
  }
  return { ...size, rgb };
}

interface Normalization {
  readonly colors: 'RGB' | 'BGR' | 'GRAY';
  readonly layout: 'NCHW' | 'NHWC';
  readonly config: ImageConfig;
  /** Integers wanted: values are taken as they are, rounded. */
  readonly whole: boolean;
}

/** Weights of red, green and blue in each channel; grey as ITU-R 601 has it. */
const CHANNELS = {
  RGB: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  BGR: [
    [0, 0, 1],
    [0, 1, 0],
    [1, 0, 0],
  ],
  GRAY: [[0.299, 0.587, 0.114]],
} as const;

function normalize({ width, height, rgb }: Picture, { colors, layout, config, whole }: Normalization): Float32Array {
  const channels = CHANNELS[colors];
  const pixels = width * height;
  const values = new Float32Array(pixels * channels.length);
  for (const [channel, [red, green, blue]] of channels.entries()) {
    const scale = whole ? 1 : (config.scale ?? 1 / 255);
    const mean = whole ? 0 : (config.mean?.[channel] ?? 0);
    const std = whole ? 1 : (config.std?.[channel] ?? 1);
    for (let pixel = 0; pixel < pixels; pixel++) {
      const at = pixel * 3;
      const value = (rgb[at] as number) * red + (rgb[at + 1] as number) * green + (rgb[at + 2] as number) * blue;
      const index = layout === 'NCHW' ? channel * pixels + pixel : pixel * channels.length + channel;
      values[index] = whole ? Math.round(value) : (value * scale - mean) / std;
    }
  }
  return values;
}
