import type { ImageSpec } from '../../src/core/index.js';

/** A photo as 8 by 8 pixels of three channels, stretched, its numbers as they are. */
export const IMAGE_SPEC: ImageSpec = {
  kind: 'image',
  layout: 'NCHW',
  colors: 'RGB',
  width: 8,
  height: 8,
  resize: 'stretch',
  interpolation: 'bilinear',
  cropFraction: 1,
  scale: 1,
  mean: [],
  std: [],
};
