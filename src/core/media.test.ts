import { expect, it } from 'vitest';
import { mediaFormatOf, mediaKindOf } from './media.js';

it.each([
  ['JPEG', Buffer.from([0xff, 0xd8, 0xff, 0xdb])],
  ['PNG', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')],
  ['WebP', Buffer.from('RIFF\0\0\0\0WEBPVP8 ')],
  ['GIF', Buffer.from('GIF89a')],
  ['WAV', Buffer.from('RIFF\0\0\0\0WAVEfmt ')],
  ['FLAC', Buffer.from('fLaC\0')],
  ['Ogg', Buffer.from('OggS\0')],
  ['MP3', Buffer.from('ID3\x04')],
  ['MP3', Buffer.from([0xff, 0xfb, 0x90, 0x64])],
] as const)('knows a %s by how it begins', (format, bytes) => {
  expect(mediaFormatOf(bytes)).toBe(format);
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg">')],
  ['a PDF', Buffer.from('%PDF-1.7')],
  ['a TIFF', Buffer.from('II*\0')],
  ['a HEIF', Buffer.from('\0\0\0\x18ftypheic')],
  ['a zip', Buffer.from('PK\x03\x04')],
  ['an AVI', Buffer.from('RIFF\0\0\0\0AVI LIST')],
  ['AAC in ADTS', Buffer.from([0xff, 0xf1, 0x50, 0x80])],
  ['bytes of ones', Buffer.from([0xff, 0xff, 0xff, 0xff])],
])('takes no notice of %s', (_, bytes) => {
  expect(mediaFormatOf(bytes)).toBeUndefined();
});

it('tells pictures from sounds', () => {
  expect([mediaKindOf('GIF'), mediaKindOf('Ogg')]).toEqual(['image', 'audio']);
});
