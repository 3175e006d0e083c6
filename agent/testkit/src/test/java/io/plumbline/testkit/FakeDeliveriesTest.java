package io.plumbline.testkit;

import io.plumbline.port.Deliveries;

/** The fake keeps the contract. */
class FakeDeliveriesTest extends DeliveriesContract {
    private final FakeDeliveries fake = new FakeDeliveries();

    @Override
    protected Deliveries open() {
        return fake;
    }

    @Override
    protected Deliveries reopen() {
        return fake;
    }
}
