import { expect, it } from 'vitest';
import { rootMount } from './container.js';

const line = (options: string, type: string) =>
  `77 76 0:42 / / ${options} master:1 shared:2 - ${type} source rw,lowerdir=/l\n91 77 0:40 / /dev/shm rw,nosuid - tmpfs shm rw\n`;

it.each([
  ['a read-only container', line('ro,relatime', 'overlay'), { isLayered: true, isReadOnly: true }],
  ['a container', line('rw,relatime', 'overlay'), { isLayered: true, isReadOnly: false }],
  ['a container without root', line('rw', 'fuse.fuse-overlayfs'), { isLayered: true, isReadOnly: false }],
  ['a machine', line('rw,relatime', 'ext4'), { isLayered: false, isReadOnly: false }],
  ['a mount over another', line('rw', 'rootfs') + line('ro', 'overlay'), { isLayered: true, isReadOnly: true }],
  ['a mount without optional fields', '1 0 8:1 / / ro - ext4 /dev/sda rw\n', { isLayered: false, isReadOnly: true }],
  ['a system without mountinfo', '', undefined],
])('rootMount reads the root of %s', (_case, mountinfo, expected) => {
  expect(rootMount(mountinfo)).toEqual(expected);
});
