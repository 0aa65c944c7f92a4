import { type Static, Type } from '@sinclair/typebox';
import { BY_LOAD } from '../../runtimes/index.js';

/**
 * How a picture becomes one row of an input. A pixel becomes `(channel * scale - mean[c]) / std[c]`.
 */
export const ImageConfigSchema = Type.Object(
  {
    layout: Type.Optional(
      Type.Union([Type.Literal('NCHW'), Type.Literal('NHWC')], {
        ...BY_LOAD,
        default: 'NCHW',
        description: 'Order of batch, channels, height and width in the tensor.',
      }),
    ),
    colors: Type.Optional(
      Type.Union([Type.Literal('RGB'), Type.Literal('BGR'), Type.Literal('GRAY')], {
        ...BY_LOAD,
        default: 'RGB',
        description: 'Channels in their order; transparent pixels are put on white.',
      }),
    ),
    width: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        description: "Pixels across. Default: the shape's; where that is variable, the picture's.",
      }),
    ),
    height: Type.Optional(
      Type.Integer({
        ...BY_LOAD,
        minimum: 1,
        description: "Pixels down. Default: the shape's; where that is variable, the picture's.",
      }),
    ),
    resize: Type.Optional(
      Type.Union([Type.Literal('stretch'), Type.Literal('cover'), Type.Literal('contain')], {
        ...BY_LOAD,
        default: 'stretch',
        description: '`stretch` ignores the aspect ratio, `cover` cuts off what hangs over, `contain` pads with black.',
      }),
    ),
    interpolation: Type.Optional(
      Type.Union([Type.Literal('bilinear'), Type.Literal('bicubic')], {
        ...BY_LOAD,
        default: 'bilinear',
        description:
          'How pictures are resized; with a filter as wide as the reduction, as PIL and torchvision have it.',
      }),
    ),
    cropFraction: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        exclusiveMinimum: 0,
        maximum: 1,
        default: 1,
        description:
          'Part of width and height that the input is of the resized picture, cut out of its middle: 0.875 with `resize: cover` ' +
          'makes 256 pixels on the shorter side and takes the middle 224 of them.',
      }),
    ),
    scale: Type.Optional(
      Type.Number({
        ...BY_LOAD,
        description: 'Factor for channel values of 0 to 255. Default: 1/255; 1 for inputs of integers.',
      }),
    ),
    mean: Type.Optional(
      Type.Array(Type.Number(), {
        ...BY_LOAD,
        default: [],
        description: 'By channel, in the order of `colors`; none = 0.',
      }),
    ),
    std: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
        ...BY_LOAD,
        default: [],
        description: 'By channel, in the order of `colors`; none = 1.',
      }),
    ),
  },
  { additionalProperties: false, description: 'How a JPEG, PNG, WebP or GIF becomes this input.' },
);

export type ImageConfig = Static<typeof ImageConfigSchema>;
