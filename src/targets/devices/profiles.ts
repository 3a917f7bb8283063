import { UsageError } from '../../model/modelError';
import type { Source } from '../target';

/** What a device has for a model; null = its maker does not say, or it differs within the class. */
export interface DeviceProfile {
  readonly id: string;
  readonly name: string;
  /** Bytes in which programs and models are stored. */
  readonly flash: number | null;
  /** Bytes of memory. Of microcontrollers: inside the chip. */
  readonly ram: number | null;
  /** Bytes a second between memory and processor, at best. */
  readonly bandwidth: number | null;
  readonly cores: number;
  readonly clock: string;
  /** Models lie in flash and are read from there: only activations need RAM. */
  readonly runsFromFlash: boolean;
  readonly source: Source;
}

const KB = 1024;
const MB = 1024 * KB;
const GB = 1024 * MB;
const LOOKED = '2026-11-26';

/** Sizes are of the chip or board; what the system and the app need is not taken off. */
export const deviceProfiles: readonly DeviceProfile[] = [
  {
    id: 'esp32-s3',
    name: 'ESP32-S3 (N8, without PSRAM)',
    flash: 8 * MB,
    ram: 512 * KB,
    bandwidth: null,
    cores: 2,
    clock: '240 MHz Xtensa LX7',
    runsFromFlash: true,
    source: {
      title: 'Modules of the ESP32-S3 by their datasheets: ESP32-S3-WROOM-1-N8',
      url: 'https://github.com/sivar2311/ESP32-PlatformIO-Flash-and-PSRAM-configurations',
      version: '512 KB SRAM, 8 MB flash',
      looked: LOOKED,
    },
  },
  {
    id: 'esp32-s3-psram',
    name: 'ESP32-S3 (N8R8, with 8 MB PSRAM)',
    flash: 8 * MB,
    ram: 8 * MB + 512 * KB,
    bandwidth: null,
    cores: 2,
    clock: '240 MHz Xtensa LX7',
    runsFromFlash: true,
    source: {
      title: 'Modules of the ESP32-S3 by their datasheets: ESP32-S3-WROOM-1-N8R8',
      url: 'https://github.com/sivar2311/ESP32-PlatformIO-Flash-and-PSRAM-configurations',
      version: '512 KB SRAM and 8 MB octal PSRAM, 8 MB flash',
      looked: LOOKED,
    },
  },
  {
    id: 'stm32h743',
    name: 'STM32H743',
    flash: 2 * MB,
    ram: 1 * MB,
    bandwidth: null,
    cores: 1,
    clock: '400 MHz Cortex-M7',
    runsFromFlash: true,
    source: {
      title: 'Linux: Documentation/arch/arm/stm32/stm32h743-overview.rst',
      url: 'https://docs.kernel.org/arch/arm/stm32/stm32h743-overview.html',
      version: '2 MB flash, 1 MB RAM',
      looked: LOOKED,
    },
  },
  {
    id: 'raspberry-pi-4',
    name: 'Raspberry Pi 4 (4 GB)',
    flash: null,
    ram: 4 * GB,
    bandwidth: null,
    cores: 4,
    clock: '1.5 GHz Cortex-A72',
    runsFromFlash: false,
    source: {
      title: 'Raspberry Pi 4 specifications, as repeated there',
      url: 'https://github.com/gitluis/pi-cluster/wiki/Hardware',
      version: '4 × Cortex-A72 at 1.5 GHz, LPDDR4-3200; 4 GB',
      looked: LOOKED,
    },
  },
  {
    id: 'raspberry-pi-5',
    name: 'Raspberry Pi 5 (8 GB)',
    flash: null,
    ram: 8 * GB,
    // LPDDR4X-4267 on a bus of 32 bits.
    bandwidth: 17_068_000_000,
    cores: 4,
    clock: '2.4 GHz Cortex-A76',
    runsFromFlash: false,
    source: {
      title: 'Zephyr: Raspberry Pi 5, after its product brief',
      url: 'https://docs.zephyrproject.org/4.0.0/boards/raspberrypi/rpi_5/doc/index.html',
      version: '4 × Cortex-A76 at 2.4 GHz, LPDDR4X-4267; 8 GB',
      looked: LOOKED,
    },
  },
  {
    id: 'phone-middle',
    name: 'phone of the middle class (as a Realme 8 with 4 GB)',
    flash: null,
    ram: 4 * GB,
    bandwidth: null,
    cores: 8,
    clock: '2.05 GHz Cortex-A76 and 2 GHz Cortex-A55',
    runsFromFlash: false,
    source: {
      title: 'Device tree of the Realme 8: table of its parts',
      url: 'https://github.com/skyhuppa/Realme_8_RMX3085',
      version: 'Helio G95, 4 GB',
      looked: LOOKED,
    },
  },
  {
    id: 'phone-high',
    name: 'phone of the upper class (as a Xiaomi 13 with 8 GB)',
    flash: null,
    ram: 8 * GB,
    bandwidth: null,
    cores: 8,
    clock: '3.2 GHz Cortex-X3 and smaller ones',
    runsFromFlash: false,
    source: {
      title: 'Device tree of the Xiaomi 13: table of its parts',
      url: 'https://github.com/AOSPA/android_device_xiaomi_fuxi',
      version: 'Snapdragon 8 Gen 2, 8 GB',
      looked: LOOKED,
    },
  },
];

/** @throws UsageError when there is none of this id; `own` are those of the workspace, which come first. */
export function deviceProfile(id: string, own: readonly DeviceProfile[] = []): DeviceProfile {
  const all = [...own, ...deviceProfiles];
  const found = all.find((one) => one.id === id);
  if (found) return found;
  throw new UsageError(
    `There is no device profile '${id}': it can be ${all.map((one) => one.id).join(', ')}.`,
  );
}
