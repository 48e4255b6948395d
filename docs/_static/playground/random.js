// NumPy's streams of random numbers, to the bit: so that a picture of the page, and a fit in Python
// with the same random_state, are the same run. Tested against NumPy by tests/test_playground.py.
"use strict";
(function (playground) {
  const M32 = 0xffffffffn;
  const M64 = (1n << 64n) - 1n;
  const M128 = (1n << 128n) - 1n;

  // RandomState(seed): the Mersenne twister, which draws initial weights and the seeds below.
  class MersenneTwister {
    constructor(seed) {
      this.key = new Uint32Array(624);
      this.key[0] = seed >>> 0;
      for (let i = 1; i < 624; i++) {
        const last = this.key[i - 1] ^ (this.key[i - 1] >>> 30);
        this.key[i] = (Math.imul(1812433253, last) + i) >>> 0;
      }
      this.place = 624;
    }
    renew() {
      const { key } = this;
      for (let i = 0; i < 624; i++) {
        const y = (key[i] & 0x80000000) | (key[(i + 1) % 624] & 0x7fffffff);
        key[i] = key[(i + 397) % 624] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
      }
      this.place = 0;
    }
    uint32() {
      if (this.place === 624) this.renew();
      let y = this.key[this.place++];
      y ^= y >>> 11;
      y ^= (y << 7) & 0x9d2c5680;
      y ^= (y << 15) & 0xefc60000;
      return (y ^ (y >>> 18)) >>> 0;
    }
    random() {
      const high = this.uint32() >>> 5;
      return (high * 67108864 + (this.uint32() >>> 6)) / 9007199254740992;
    }
    uniform(low, high) { return low + (high - low) * this.random(); }
    // As RandomState.randint(2**31 - 1).
    int31() {
      for (;;) {
        const value = this.uint32() & 0x7fffffff;
        if (value <= 2147483646) return value;
      }
    }
  }

  // SeedSequence(seed).generate_state(words), 32 bits each.
  function seedWords(seed, words) {
    let hash = 0x43b0d7e5;
    const mixed = (value) => {
      let v = (value ^ hash) >>> 0;
      hash = Math.imul(hash, 0x931e8875) >>> 0;
      v = Math.imul(v, hash) >>> 0;
      return (v ^ (v >>> 16)) >>> 0;
    };
    const joined = (x, y) => {
      const v = (Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y)) >>> 0;
      return (v ^ (v >>> 16)) >>> 0;
    };
    const pool = [seed, 0, 0, 0].map((value) => mixed(value >>> 0));
    for (let from = 0; from < 4; from++) {
      for (let to = 0; to < 4; to++) {
        if (from !== to) pool[to] = joined(pool[to], mixed(pool[from]));
      }
    }
    let state = 0x8b51f9dd;
    return Array.from({ length: words }, (_, i) => {
      let v = (pool[i % 4] ^ state) >>> 0;
      state = Math.imul(state, 0x58f38ded) >>> 0;
      v = Math.imul(v, state) >>> 0;
      return (v ^ (v >>> 16)) >>> 0;
    });
  }

  function seedLongWords(seed, count) {
    const words = seedWords(seed, 2 * count).map(BigInt);
    return Array.from({ length: count }, (_, i) => words[2 * i] | (words[2 * i + 1] << 32n));
  }

  // default_rng(seed): PCG64, which draws the data and the order of rows.
  class PCG64 {
    constructor(seed) {
      const [high, low, incrementHigh, incrementLow] = seedLongWords(seed, 4);
      this.increment = ((((incrementHigh << 64n) | incrementLow) << 1n) | 1n) & M128;
      this.state = 0n;
      this.advance();
      this.state = (this.state + ((high << 64n) | low)) & M128;
      this.advance();
      this.spare = null;
    }
    advance() {
      this.state = (this.state * 0x2360ed051fc65da44385df649fccf645n + this.increment) & M128;
    }
    uint64() {
      this.advance();
      const value = ((this.state >> 64n) ^ this.state) & M64;
      const turn = this.state >> 122n;
      return ((value >> turn) | (value << ((64n - turn) & 63n))) & M64;
    }
    uint32() {
      if (this.spare !== null) {
        const value = this.spare;
        this.spare = null;
        return value;
      }
      const both = this.uint64();
      this.spare = Number(both >> 32n);
      return Number(both & M32);
    }
    random() { return Number(this.uint64() >> 11n) / 9007199254740992; }
    // An integer from 0 to `most`: the lowest bits that can hold it, drawn until they fit.
    below(most) {
      const mask = 2 ** (32 - Math.clz32(most)) - 1;
      for (;;) {
        const value = (this.uint32() & mask) >>> 0;
        if (value <= most) return value;
      }
    }
    shuffle(array) {
      for (let i = array.length - 1; i > 0; i--) {
        const j = this.below(i);
        [array[i], array[j]] = [array[j], array[i]];
      }
    }
  }

  // Generator(SFC64(seed)): the bits of dropout.
  class SFC64 {
    constructor(seed) {
      [this.a, this.b, this.c] = seedLongWords(seed, 3);
      this.counter = 1n;
      for (let i = 0; i < 12; i++) this.uint64();
    }
    uint64() {
      const value = (this.a + this.b + this.counter) & M64;
      this.counter = (this.counter + 1n) & M64;
      this.a = this.b ^ (this.b >> 11n);
      this.b = (this.c + (this.c << 3n)) & M64;
      this.c = (((this.c << 24n) | (this.c >> 40n)) + value) & M64;
      return value;
    }
    // Fills an array with integers of 16 bits, as Dropout draws them.
    bits(out) {
      for (let i = 0; i < out.length; i += 4) {
        let four = this.uint64();
        for (let j = i; j < Math.min(i + 4, out.length); j++) {
          out[j] = Number(four & 0xffffn);
          four >>= 16n;
        }
      }
    }
  }

  // The streams of a fit with random_state=seed.
  function streams(seed) {
    const twister = new MersenneTwister(seed);
    twister.int31(); // of the rows that are held out
    return { shuffling: new PCG64(twister.int31()), masking: new SFC64(twister.int31()) };
  }

  playground.random = { MersenneTwister, PCG64, SFC64, streams };
})(globalThis.skfnnPlayground ??= {});
