/**
 * `npm run demo`: serves examples/models, asks each model something, prints what to type to do the same, and keeps
 * serving until Ctrl-C. `npm run demo -- --once` ends after the last answer.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { createMillrace } from 'millrace';
import { connect } from 'millrace/client';
import { listenToSpeech, readWav, spellTimeline } from './demo/audio.mjs';
import { createCli } from './demo/cli.mjs';
import { freePort } from './demo/ports.mjs';
import { heading, say, show } from './demo/show.mjs';

const here = path.relative(process.cwd(), import.meta.dirname) || '.';
const requests = path.join(here, 'requests');
const once = process.argv.includes('--once');

say('Loading the models of examples/models …');
const millrace = await createMillrace({
  settings: {
    repository: { paths: [path.join(here, 'models')] },
    server: { httpPort: await freePort(8000), grpcPort: await freePort(8001), metricsPort: await freePort(8002) },
    telemetry: { logLevel: 'warn' },
  },
});
const { http, metrics } = await millrace.listen();
const cli = createCli(http.url);
await mkdir(requests, { recursive: true });
say(`Serving ${millrace.models().length} models at ${http.url}`);

heading('mobilenetv3', 'what is on a photo: food, a report, or something else?');
await cli.run('infer', 'mobilenetv3', '--image', path.join(here, 'photos', '*.jpg'));
await cli.showCurl(
  'infer',
  'mobilenetv3',
  '--image',
  path.join(here, 'photos', 'meal_1.jpg'),
  '--curl',
  path.join(requests, 'meal_1.bin'),
);

heading('silero-vad', 'is somebody speaking? It is asked every 32 ms, and the server keeps what it has heard so far');
const { samples, sampleRate } = await readWav(path.join(here, 'audio', 'speech-16khz.wav'));
const heard = await listenToSpeech(connect(http.url).model('silero-vad'), { samples, sampleRate });
show(spellTimeline(heard, samples.length / sampleRate, 72));
await writeFile(path.join(requests, 'window.f32'), heard.loudest);
await cli.run(
  'infer',
  'silero-vad',
  '-i',
  `input=@${path.join(requests, 'window.f32')}`,
  '-i',
  `sr=${sampleRate}`,
  '--sequence',
  '7',
  '--sequence-start',
  '--sequence-end',
);
await cli.showCurl(
  'infer',
  'silero-vad',
  '-i',
  `input=@${path.join(requests, 'window.f32')}`,
  '-i',
  `sr=${sampleRate}`,
  '--sequence',
  '7',
  '--sequence-start',
  '--sequence-end',
  '--no-binary',
  '--curl',
  path.join(requests, 'window.json'),
);

heading('mlp', 'sixteen numbers in, ten out');
const numbers = JSON.stringify(Array.from({ length: 16 }, (_, index) => index / 10));
await cli.run('infer', 'mlp', '-i', numbers);
await cli.showCurl('infer', 'mlp', '-i', numbers, '--curl');

heading('echo', 'answers its input; built into the server');
await cli.run('infer', 'echo', '-i', 'text=water on the wheel');
await cli.showCurl('infer', 'echo', '-i', 'text=water on the wheel', '--curl');

heading('and now', `everything is described at ${http.url}/docs`);
show(`metrics             ${metrics?.url}/metrics`);
for (const [what, line] of [
  ['what ran so far', 'models stats'],
  ['a type for code', 'types mobilenetv3'],
  ['how fast it is', 'bench mlp --concurrency 1,32 --duration 2000'],
]) {
  show(`${what.padEnd(20)}${cli.line(...line.split(' '))}`);
}

if (!once) {
  say('\nServing until Ctrl-C.');
  await new Promise((stop) => process.once('SIGINT', stop).once('SIGTERM', stop));
  say('Stopping.');
}
await millrace.close();
