package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.AbstractSet;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * An exact, add-only set of ids, in the order of their addition, that takes about 30 bytes per id
 * where a {@code LinkedHashSet} takes 130. Ids are stored as length-prefixed bytes in chunks; an
 * open-addressing hash table holds their positions. Not thread-safe, except that any thread may
 * read it after the last {@link #add} was safely published.
 *
 * <p>The hash of an id is a polynomial of its characters modulo a prime, at a secret point of each
 * set. Two ids collide at a few points only, so who chooses the ids without knowing the point
 * cannot make many of them collide, and adding them take quadratic time. {@code String.hashCode}
 * has the same collisions everywhere.
 */
public final class IdSet extends AbstractSet<InstanceId> {

  /** Larger than any id; the length of an id fits in one byte. */
  private static final int CHUNK = 1 << 16;

  private static final int MIN_TABLE = 1 << 4;

  private static final long PRIME = (1L << 61) - 1;

  /** Only the first seed is read from the random source of the system, which may block. */
  private static final AtomicLong SEEDS = new AtomicLong(new SecureRandom().nextLong());

  private static final long SEED_STEP = 0x9E3779B97F4A7C15L;

  private final long point;
  private final long spread;
  private final List<byte[]> chunks = new ArrayList<>();
  private int end = CHUNK;
  // Positions plus one; zero marks a free slot.
  private int[] table = new int[MIN_TABLE];
  private int size;

  /** Reads the first seed, if it has not been read: not on a thread that must not block. */
  static void warmUp() {
    SEEDS.getAndAdd(SEED_STEP);
  }

  /** Creates an empty set. */
  public IdSet() {
    this(SEEDS.getAndAdd(SEED_STEP));
  }

  /** Creates a set whose hash depends on {@code seed}. */
  IdSet(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    this.point = random.nextLong(1L << 32, PRIME);
    this.spread = random.nextLong() | 1;
  }

  /** Adds an id. Returns false if the set contains it already. */
  @Override
  public boolean add(InstanceId id) {
    int slot = slotOf(id.value());
    if (table[slot] != 0) {
      return false;
    }
    table[slot] = append(id.value()) + 1;
    if (++size > table.length / 4 * 3) {
      grow();
    }
    return true;
  }

  @Override
  public boolean contains(@Nullable Object id) {
    return id instanceof InstanceId known && table[slotOf(known.value())] != 0;
  }

  @Override
  public int size() {
    return size;
  }

  /** Iterates over the ids that the set has now, each time by a new object. */
  @Override
  public Iterator<InstanceId> iterator() {
    return new Stored();
  }

  private final class Stored implements Iterator<InstanceId> {

    private int left = size;
    private int chunk;
    private int offset;

    @Override
    public boolean hasNext() {
      return left > 0;
    }

    @Override
    public InstanceId next() {
      if (left-- <= 0) {
        throw new NoSuchElementException();
      }
      // No id is empty: a length of 0 is the unused rest of a chunk.
      if (offset == CHUNK || chunks.get(chunk)[offset] == 0) {
        chunk++;
        offset = 0;
      }
      byte[] bytes = chunks.get(chunk);
      int length = Byte.toUnsignedInt(bytes[offset]);
      String id = new String(bytes, offset + 1, length, StandardCharsets.US_ASCII);
      offset += 1 + length;
      return InstanceId.of(id);
    }
  }

  /** Returns the slot that holds the id, or the free slot to store it in. */
  private int slotOf(String id) {
    int slot = firstSlot(hashOf(id));
    while (table[slot] != 0 && !matches(table[slot] - 1, id)) {
      slot = (slot + 1) & (table.length - 1);
    }
    return slot;
  }

  // The highest bits of the product: hashes of sequentially numbered ids are adjacent.
  private int firstSlot(long hash) {
    return (int) ((hash * spread) >>> (Long.numberOfLeadingZeros(table.length) + 1));
  }

  private boolean matches(int position, String id) {
    byte[] chunk = chunks.get(position / CHUNK);
    int offset = position % CHUNK;
    if (chunk[offset] != (byte) id.length()) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      if (chunk[offset + 1 + i] != (byte) id.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private int append(String id) {
    if (end + 1 + id.length() > CHUNK) {
      requireCapacity();
      chunks.add(new byte[CHUNK]);
      end = 0;
    }
    byte[] chunk = chunks.get(chunks.size() - 1);
    int position = (chunks.size() - 1) * CHUNK + end;
    chunk[end++] = (byte) id.length();
    for (int i = 0; i < id.length(); i++) {
      chunk[end++] = (byte) id.charAt(i);
    }
    return position;
  }

  private void requireCapacity() {
    if (chunks.size() == Integer.MAX_VALUE / CHUNK) {
      throw new IllegalStateException(
          "the ids of a run exceed 2 GB (about 10^8 ids): split the fleet into several runs");
    }
  }

  private void grow() {
    int[] old = table;
    table = new int[old.length * 2];
    for (int entry : old) {
      if (entry != 0) {
        int slot = firstSlot(hashAt(entry - 1));
        while (table[slot] != 0) {
          slot = (slot + 1) & (table.length - 1);
        }
        table[slot] = entry;
      }
    }
  }

  private long hashOf(String id) {
    long hash = 0;
    for (int i = 0; i < id.length(); i++) {
      hash = hashStep(hash, point, id.charAt(i));
    }
    return hash;
  }

  private long hashAt(int position) {
    byte[] chunk = chunks.get(position / CHUNK);
    int offset = position % CHUNK;
    long hash = 0;
    for (int i = 1; i <= Byte.toUnsignedInt(chunk[offset]); i++) {
      hash = hashStep(hash, point, chunk[offset + i]);
    }
    return hash;
  }

  /** Returns {@code hash * point + next} modulo the prime, for which 2^64 is 8 and 2^61 is 1. */
  static long hashStep(long hash, long point, int next) {
    long low = hash * point;
    long sum = (Math.multiplyHigh(hash, point) << 3) + (low >>> 61) + (low & PRIME) + next;
    long rest = (sum >>> 61) + (sum & PRIME);
    return rest >= PRIME ? rest - PRIME : rest;
  }
}
