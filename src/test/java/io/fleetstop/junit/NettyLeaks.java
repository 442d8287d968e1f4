package io.fleetstop.junit;

import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetectorFactory;
import io.netty.util.ResourceLeakTracker;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Collects the reports of Netty's leak detector, so that a leak fails a test. */
public final class NettyLeaks {

  private static final List<Detector<?>> DETECTORS = new CopyOnWriteArrayList<>();
  private static final Queue<String> REPORTS = new ConcurrentLinkedQueue<>();
  private static final AtomicLong TRACKED = new AtomicLong();

  private NettyLeaks() {}

  /** Replaces Netty's detectors; must be called before Netty creates its first one. */
  static void install() {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    ResourceLeakDetectorFactory.setResourceLeakDetectorFactory(
        new ResourceLeakDetectorFactory() {
          @Override
          @SuppressWarnings("deprecation") // the one method that has to be implemented
          public <T> ResourceLeakDetector<T> newResourceLeakDetector(
              Class<T> resource, int samplingInterval, long maxActive) {
            Detector<T> detector = new Detector<>(resource, samplingInterval);
            DETECTORS.add(detector);
            return detector;
          }
        });
  }

  /** Returns the number of buffers and other resources tracked so far. */
  static long tracked() {
    return TRACKED.get();
  }

  /** Collects garbage and takes the reports that {@code wanted} accepts off the list. */
  static List<String> find(Predicate<String> wanted) {
    collectGarbage();
    DETECTORS.forEach(Detector::poll);
    List<String> found = new ArrayList<>();
    REPORTS.removeIf(report -> wanted.test(report) && found.add(report));
    return found;
  }

  /** Fails if anything was leaked. */
  static void check() {
    List<String> leaks =
        find(report -> true).stream().filter(leak -> !isOfClosedRedisDriver(leak)).toList();
    if (!leaks.isEmpty()) {
      throw new AssertionError(
          leaks.size() + " Netty resources were leaked:\n" + String.join("\n\n", leaks));
    }
  }

  /**
   * The read buffer of a channel of Lettuce, which is dropped with its event loop if the client is
   * closed while the channel is being registered: rare, one for each closed client, and not ours.
   */
  private static boolean isOfClosedRedisDriver(String leak) {
    return leak.contains("io.lettuce.core.protocol.CommandHandler.channelRegistered");
  }

  private static void collectGarbage() {
    ReferenceQueue<Object> queue = new ReferenceQueue<>();
    // Twice: references are handed over by a thread of their own, in no promised order, so the
    // second round sees the first one's handed over.
    for (int round = 0; round < 2; round++) {
      WeakReference<Object> sentinel = new WeakReference<>(new Object(), queue);
      System.gc();
      try {
        queue.remove(1_000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      sentinel.clear();
    }
  }

  private static final class Detector<T> extends ResourceLeakDetector<T> {

    @SuppressWarnings("deprecation") // Netty's own factory calls it too
    Detector(Class<T> resource, int samplingInterval) {
      super(resource, samplingInterval);
    }

    @Override
    public @Nullable ResourceLeakTracker<T> track(T resource) {
      TRACKED.incrementAndGet();
      return super.track(resource);
    }

    @Override
    public @Nullable ResourceLeakTracker<T> trackForcibly(T resource) {
      TRACKED.incrementAndGet();
      return super.trackForcibly(resource);
    }

    /** A detector reads its queue only when it tracks a new resource. */
    @SuppressWarnings("unchecked")
    void poll() {
      T probe = (T) new Object();
      ResourceLeakTracker<T> tracker = super.trackForcibly(probe);
      if (tracker != null) {
        tracker.close(probe);
      }
    }

    @Override
    protected boolean needReport() {
      return true;
    }

    @Override
    protected void reportTracedLeak(String resourceType, String records) {
      REPORTS.add(resourceType + records);
    }

    @Override
    protected void reportUntracedLeak(String resourceType) {
      REPORTS.add(resourceType + " without a trace");
    }
  }
}
