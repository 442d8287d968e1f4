package io.fleetstop.junit;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import org.junit.jupiter.api.Test;

class NettyLeaksTest {

  @Test
  void unreleasedBuffer_isReportedWithItsTrace() {
    leakOnPurpose();

    assertThat(NettyLeaks.find(report -> report.contains("leakOnPurpose")))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("ByteBuf")
        .contains(NettyLeaksTest.class.getName());
  }

  @Test
  void report_isReturnedOnce() {
    leakOnceMore();

    assertThat(NettyLeaks.find(report -> report.contains("leakOnceMore"))).hasSize(1);
    assertThat(NettyLeaks.find(report -> report.contains("leakOnceMore"))).isEmpty();
  }

  @Test
  void releasedBuffer_isNotReported() {
    releaseProperly();

    assertThat(NettyLeaks.find(report -> report.contains("releaseProperly"))).isEmpty();
  }

  private static void leakOnPurpose() {
    ByteBuf unused = PooledByteBufAllocator.DEFAULT.buffer(16);
  }

  private static void leakOnceMore() {
    ByteBuf unused = PooledByteBufAllocator.DEFAULT.buffer(16);
  }

  private static void releaseProperly() {
    PooledByteBufAllocator.DEFAULT.buffer(16).release();
  }
}
