package io.fleetstop.fleet;

import io.fleetstop.model.InstanceId;
import java.util.ArrayList;
import java.util.List;

/**
 * An exact, add-only set of ids that takes about 30 bytes per id. Ids are stored as length-prefixed
 * bytes in chunks; an open-addressing hash table holds their positions. Not thread-safe, except
 * that any thread may read it after the last {@link #add} was safely published.
 */
final class IdSet {

  /** Larger than any id; the length of an id fits in one byte. */
  private static final int CHUNK = 1 << 16;

  private static final int MIN_TABLE = 1 << 4;

  private final List<byte[]> chunks = new ArrayList<>();
  private int end = CHUNK;
  // Positions plus one; zero marks a free slot.
  private int[] table = new int[MIN_TABLE];
  private int size;

  /** Adds an id. Returns false if the set contains it already. */
  boolean add(InstanceId id) {
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

  boolean contains(InstanceId id) {
    return table[slotOf(id.value())] != 0;
  }

  int size() {
    return size;
  }

  /** Returns the slot that holds the id, or the free slot to store it in. */
  private int slotOf(String id) {
    int slot = firstSlot(id.hashCode(), table.length);
    while (table[slot] != 0 && !matches(table[slot] - 1, id)) {
      slot = (slot + 1) & (table.length - 1);
    }
    return slot;
  }

  // Sequentially numbered ids have adjacent hash codes; mixing spreads them over the table.
  private static int firstSlot(int hash, int length) {
    int mixed = hash * 0x9E3779B9;
    return (mixed ^ (mixed >>> 16)) & (length - 1);
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
        int slot = firstSlot(hashAt(entry - 1), table.length);
        while (table[slot] != 0) {
          slot = (slot + 1) & (table.length - 1);
        }
        table[slot] = entry;
      }
    }
  }

  /** Computes {@code String.hashCode} of a stored id; the Java API specifies the algorithm. */
  private int hashAt(int position) {
    byte[] chunk = chunks.get(position / CHUNK);
    int offset = position % CHUNK;
    int hash = 0;
    for (int i = 1; i <= Byte.toUnsignedInt(chunk[offset]); i++) {
      hash = 31 * hash + chunk[offset + i];
    }
    return hash;
  }
}
