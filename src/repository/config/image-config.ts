import { type Static, Type } from '@sinclair/typebox';

/**
 * How a picture becomes an input tensor: for clients that start from a file, such as `millrace infer --image`. The
 * server itself takes tensors only. A pixel becomes `(channel * scale - mean[c]) / std[c]`.
 */
export const ImageConfigSchema = Type.Object(
  {
    layout: Type.Optional(
      Type.Union([Type.Literal('NCHW'), Type.Literal('NHWC')], {
        default: 'NCHW',
        description: 'Order of batch, channels, height and width in the tensor.',
      }),
    ),
    colors: Type.Optional(
      Type.Union([Type.Literal('RGB'), Type.Literal('BGR'), Type.Literal('GRAY')], {
        default: 'RGB',
        description: 'Channels in their order; transparent pixels are put on white.',
      }),
    ),
    width: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Pixels across. Default: the shape's; where that is variable, the picture's.",
      }),
    ),
    height: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: "Pixels down. Default: the shape's; where that is variable, the picture's.",
      }),
    ),
    resize: Type.Optional(
      Type.Union([Type.Literal('stretch'), Type.Literal('cover'), Type.Literal('contain')], {
        default: 'stretch',
        description:
          'Bilinear, with a filter as wide as the reduction. `stretch` ignores the aspect ratio, `cover` cuts off what ' +
          'hangs over, `contain` pads with black.',
      }),
    ),
    scale: Type.Optional(
      Type.Number({ default: 1 / 255, description: 'Factor for channel values of 0 to 255; 1 for UINT8 inputs.' }),
    ),
    mean: Type.Optional(
      Type.Array(Type.Number(), { default: [], description: 'By channel, in the order of `colors`; none = 0.' }),
    ),
    std: Type.Optional(
      Type.Array(Type.Number({ exclusiveMinimum: 0 }), {
        default: [],
        description: 'By channel, in the order of `colors`; none = 1.',
      }),
    ),
  },
  { additionalProperties: false, description: 'How clients turn a picture into this input.' },
);

export type ImageConfig = Static<typeof ImageConfigSchema>;
