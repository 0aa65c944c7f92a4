import { invalidArgument, MEDIA_FORMATS, mediaFormatOf } from '../../../core/index.js';
import { importOptional } from '../../import-optional.js';

/** Samples by channel, from -1 to 1. */
export interface Piece {
  readonly channelData: readonly Float32Array[];
  readonly sampleRate: number;
}

/** Decodes a stream piece by piece. */
export interface Codec {
  decode(chunk: Uint8Array): Piece;
  /** What is left at the end; decoders that keep nothing back have none. */
  flush?(): Piece;
  free(): void;
}

type CodecName = 'WAV' | 'FLAC' | 'MP3' | 'Ogg Vorbis' | 'Ogg Opus' | 'Ogg FLAC';

interface DecoderModule {
  readonly decoder: () => Promise<Codec> | Codec;
}

const decoderOf = (what: string, name: string, load: () => Promise<DecoderModule>) => async (): Promise<Codec> =>
  (await importOptional(what, name, load)).decoder();

const FLAC = decoderOf('FLAC files', '@audio/decode-flac', () => import('@audio/decode-flac'));

const CODECS: Readonly<Record<CodecName, () => Promise<Codec>>> = {
  WAV: decoderOf('WAV files', '@audio/decode-wav', () => import('@audio/decode-wav')),
  MP3: decoderOf('MP3 files', '@audio/decode-mp3', () => import('@audio/decode-mp3')),
  FLAC,
  'Ogg FLAC': FLAC,
  'Ogg Vorbis': decoderOf('Vorbis files', '@audio/decode-vorbis', () => import('@audio/decode-vorbis')),
  'Ogg Opus': decoderOf('Opus files', '@audio/decode-opus', () => import('@audio/decode-opus')),
};

/** Where the packet of the first page begins that has one segment. */
const OGG_PACKET_AT = 28;

/** Imports the decoder that loading is to prove: that of WAV. */
export async function checkInstalled(): Promise<void> {
  (await CODECS.WAV()).free();
}

/** The decoder for encoded bytes, and what it is called. Throws `invalid_argument` for what is none of the known formats. */
export async function openCodec(bytes: Uint8Array): Promise<{ readonly name: CodecName; readonly codec: Codec }> {
  const name = codecOf(bytes);
  return { name, codec: await CODECS[name]() };
}

function codecOf(bytes: Uint8Array): CodecName {
  const format = mediaFormatOf(bytes);
  if (format === 'WAV' || format === 'FLAC' || format === 'MP3') return format;
  if (format !== 'Ogg') throw invalidArgument(`the sound: expected ${MEDIA_FORMATS.audio}, got something else`);
  const packet = Buffer.from(bytes.subarray(OGG_PACKET_AT, OGG_PACKET_AT + 8)).toString('latin1');
  if (packet.startsWith('\x01vorbis')) return 'Ogg Vorbis';
  if (packet === 'OpusHead') return 'Ogg Opus';
  if (packet.startsWith('\x7fFLAC')) return 'Ogg FLAC';
  throw invalidArgument('the sound: expected Vorbis, Opus or FLAC in the Ogg, got something else');
}
