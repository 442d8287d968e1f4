package io.fleetstop.cli.select;

import io.fleetstop.cli.output.InstanceLabel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The labels of instances by id, as bytes in chunks that an open-addressing hash table points to: a
 * third of the memory of a map of objects. Keeps no further label once their memory is used up, so
 * that a small heap holds the ids of a large fleet. Not thread-safe, except that any thread may
 * read it after the last {@link #put} was safely published.
 */
final class InstanceLabels {

  /** A million instances have some 100 bytes each. */
  private static final long MAX_BYTES = 100_000_000;

  private static final int CHUNK = 1 << 16;
  private static final int MIN_TABLE = 1 << 4;

  /** The parts of an entry: the id, the name, the zone and the tags. */
  private static final int PARTS = 4;

  /** Only ids that were chosen for their hash need more; their labels are not kept. */
  private static final int MAX_PROBES = 256;

  private final long maxBytes;
  private final List<byte[]> chunks = new ArrayList<>();
  private int end = CHUNK;
  // Positions plus one; zero marks a free slot.
  private int[] table = new int[MIN_TABLE];
  private int size;
  private boolean complete = true;

  /** Creates an empty map whose memory is a sixteenth of the heap at most, and bounded. */
  InstanceLabels() {
    this(Math.min(MAX_BYTES, Runtime.getRuntime().maxMemory() / 16));
  }

  InstanceLabels(long maxBytes) {
    this.maxBytes = maxBytes;
  }

  /** Keeps the label of an instance, in place of an earlier one, if there is memory for it. */
  void put(String id, InstanceLabel label) {
    byte[] entry = entry(id, label);
    int slot = slotOf(id.getBytes(StandardCharsets.UTF_8), id.hashCode());
    if (slot < 0 || !fits(entry.length)) {
      complete = false;
      return;
    }
    if (table[slot] == 0) {
      size++;
    }
    table[slot] = append(entry) + 1;
    if (size > table.length / 4 * 3) {
      grow();
    }
  }

  /** Returns the label of an instance, or that of an unknown one. */
  InstanceLabel get(String id) {
    int slot = slotOf(id.getBytes(StandardCharsets.UTF_8), id.hashCode());
    return slot < 0 || table[slot] == 0 ? InstanceLabel.UNKNOWN : labelAt(table[slot] - 1);
  }

  /** Returns the number of instances with a label. */
  int size() {
    return size;
  }

  /** Whether every label that was put is kept. */
  boolean isComplete() {
    return complete;
  }

  // The table doubles when it is full, and is copied then.
  private boolean fits(int length) {
    return length <= CHUNK
        && (chunks.size() + 1L) * CHUNK + 3L * Integer.BYTES * table.length <= maxBytes;
  }

  private static byte[] entry(String id, InstanceLabel label) {
    byte[][] parts = new byte[PARTS][];
    int length = 0;
    int next = 0;
    for (String part : List.of(id, label.name(), label.zone(), label.tags())) {
      parts[next] = part.getBytes(StandardCharsets.UTF_8);
      length += 2 + parts[next++].length;
    }
    byte[] entry = new byte[length];
    int offset = 0;
    for (byte[] part : parts) {
      entry[offset++] = (byte) (part.length >> 8);
      entry[offset++] = (byte) part.length;
      System.arraycopy(part, 0, entry, offset, part.length);
      offset += part.length;
    }
    return entry;
  }

  private int append(byte[] entry) {
    if (end + entry.length > CHUNK) {
      chunks.add(new byte[CHUNK]);
      end = 0;
    }
    System.arraycopy(entry, 0, chunks.get(chunks.size() - 1), end, entry.length);
    int position = (chunks.size() - 1) * CHUNK + end;
    end += entry.length;
    return position;
  }

  /** Returns the slot of the id, or the free one to store it in, or -1 if there is none. */
  private int slotOf(byte[] id, int hash) {
    int slot = firstSlot(hash);
    for (int probe = 0; probe < MAX_PROBES; probe++) {
      if (table[slot] == 0 || isAt(table[slot] - 1, id)) {
        return slot;
      }
      slot = (slot + 1) & (table.length - 1);
    }
    return -1;
  }

  // Hashes of sequentially numbered ids are adjacent.
  private int firstSlot(int hash) {
    return (hash * 0x9E3779B9) >>> (Integer.numberOfLeadingZeros(table.length) + 1);
  }

  private boolean isAt(int position, byte[] id) {
    byte[] chunk = chunks.get(position / CHUNK);
    int start = position % CHUNK + 2;
    return lengthAt(chunk, start - 2) == id.length
        && Arrays.equals(chunk, start, start + id.length, id, 0, id.length);
  }

  private static int lengthAt(byte[] chunk, int offset) {
    return Byte.toUnsignedInt(chunk[offset]) << 8 | Byte.toUnsignedInt(chunk[offset + 1]);
  }

  private String[] partsAt(int position) {
    byte[] chunk = chunks.get(position / CHUNK);
    int offset = position % CHUNK;
    String[] parts = new String[PARTS];
    for (int part = 0; part < PARTS; part++) {
      int length = lengthAt(chunk, offset);
      parts[part] = new String(chunk, offset + 2, length, StandardCharsets.UTF_8);
      offset += 2 + length;
    }
    return parts;
  }

  private InstanceLabel labelAt(int position) {
    String[] parts = partsAt(position);
    return new InstanceLabel(parts[1], parts[2], parts[3]);
  }

  private void grow() {
    int[] old = table;
    table = new int[old.length * 2];
    for (int entry : old) {
      if (entry != 0) {
        int slot = firstSlot(partsAt(entry - 1)[0].hashCode());
        while (table[slot] != 0) {
          slot = (slot + 1) & (table.length - 1);
        }
        table[slot] = entry;
      }
    }
  }
}
